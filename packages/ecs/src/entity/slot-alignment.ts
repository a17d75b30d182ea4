import { compareText } from "../storage/compare-text.ts";
import type { EntityState } from "./entity-state.ts";
import { lowerBound } from "./lower-bound.ts";

/** An element of a list that stands where it stood in the last version, but under another key. */
export interface Displaced {
  readonly index: number;
  /** The key it had. */
  readonly slot: string;
}

const none: readonly Displaced[] = [];

/**
 * Compares a list with what its touched slots held in the last version. When the same elements stand in the same order,
 * nothing has changed but keys: then names the elements whose key did. Otherwise none. Costs what was touched, unless
 * exactly the elements that were taken out came back in.
 */
export function displacedElements(
  touched: ReadonlyMap<string, EntityState | null>,
  slots: readonly string[],
  childAt: (index: number) => EntityState,
): readonly Displaced[] {
  let heldBefore = 0;
  for (const was of touched.values()) if (was !== null) heldBefore++;
  if (heldBefore === 0 || heldBefore === touched.size) return none;
  const before = new Map<string, EntityState>();
  const now = new Map<string, EntityState>();
  for (const [slot, was] of touched) {
    if (was !== null) before.set(slot, was);
    const index = lowerBound(slots, slot);
    if (slots[index] === slot) now.set(slot, childAt(index));
  }
  if (before.size !== now.size || !sameElements(before, now)) return none;
  const slotsBefore = [...slots.filter((slot) => !now.has(slot)), ...before.keys()].toSorted(compareText);
  const displaced: Displaced[] = [];
  for (const [index, slot] of slotsBefore.entries()) {
    const child = childAt(index);
    const was = before.get(slot) ?? childAt(lowerBound(slots, slot));
    if (was !== child) return none;
    if (slots[index] !== slot) displaced.push({ index, slot });
  }
  return displaced;
}

function sameElements(before: ReadonlyMap<string, EntityState>, now: ReadonlyMap<string, EntityState>): boolean {
  const counts = new Map<EntityState, number>();
  for (const child of before.values()) counts.set(child, (counts.get(child) ?? 0) + 1);
  for (const child of now.values()) counts.set(child, (counts.get(child) ?? 0) - 1);
  return counts.values().every((count) => count === 0);
}
