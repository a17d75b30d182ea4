import type { EntityState } from "./entity-state.ts";
import { lowerBound } from "./lower-bound.ts";

function bySlot(a: { slot: string }, b: { slot: string }): number {
  return a.slot < b.slot ? -1 : 1;
}

/** An element of a list that stands where it stood in the last version, but under another key. */
export interface Displaced {
  readonly index: number;
  /** The key it had. */
  readonly slot: string;
}

/**
 * Compares the touched slots of a list with what they held in the last version. When the same elements stand in the same
 * order among the untouched ones, nothing has changed but keys: then names the elements whose key did. Otherwise none.
 */
export function displacedElements(
  touched: ReadonlyMap<string, EntityState | null>,
  slots: readonly string[],
  childAt: (index: number) => EntityState,
): Displaced[] {
  const before: { slot: string; child: EntityState }[] = [];
  const now: { slot: string; index: number }[] = [];
  for (const [slot, was] of touched) {
    if (was !== null) before.push({ slot, child: was });
    const index = lowerBound(slots, slot);
    if (slots[index] === slot) now.push({ slot, index });
  }
  if (before.length !== now.length || before.length === touched.size) return [];
  before.sort(bySlot);
  now.sort(bySlot);
  const touchedNow = now.map(({ slot }) => slot);
  const untouchedBelow = (slot: string): number => lowerBound(slots, slot) - lowerBound(touchedNow, slot);
  const displaced: Displaced[] = [];
  for (const [position, { slot, child }] of before.entries()) {
    const current = now[position];
    if (current === undefined || childAt(current.index) !== child || untouchedBelow(slot) !== untouchedBelow(current.slot)) return [];
    if (current.slot !== slot) displaced.push({ index: current.index, slot });
  }
  return displaced;
}
