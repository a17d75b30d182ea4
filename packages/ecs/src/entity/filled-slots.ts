import type { EntityState } from "./entity-state.ts";

/** The filled slots of a field and the entities in them, in one order: two lists, since a pair for each would be an object for each. */
export interface FilledSlots {
  readonly slots: readonly string[];
  readonly children: readonly EntityState[];
}

/** Each slot with the entity in it. */
export function* pairs({ children, slots }: FilledSlots): Iterable<readonly [slot: string, child: EntityState]> {
  for (const [index, child] of children.entries()) yield [slots[index] ?? "", child];
}

/** The same as {@link FilledSlots}, in their order. */
export function filledSlots(given: Iterable<readonly [slot: string, child: EntityState]>): FilledSlots {
  const filled = Array.from(given);
  return { slots: filled.map(([slot]) => slot), children: filled.map(([, child]) => child) };
}
