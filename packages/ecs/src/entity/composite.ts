import type { EntityState } from "./entity-state.ts";
import { stateOf } from "./stateful.ts";

/** The values directly inside a frozen value. */
function* inside(value: object): Iterable<unknown> {
  if (value instanceof Map) for (const entry of value) yield* entry;
  else if (value instanceof Set || Array.isArray(value)) yield* value;
  else if (!(value instanceof Date)) yield* Object.values(value);
}

/** How many levels of plain data stand around the entities inside frozen data. */
export function nesting(value: unknown): number {
  if (typeof value !== "object" || value === null || value instanceof Date || stateOf(value) !== undefined) return 0;
  let deepest = 0;
  for (const item of inside(value)) deepest = Math.max(deepest, nesting(item));
  return deepest + 1;
}

/** The entities inside frozen data, in the order they stand there; the slot of each is its number. */
export function* embeddedStates(value: unknown): Iterable<readonly [slot: string, child: EntityState]> {
  let count = 0;
  const stack: unknown[] = [value];
  for (let next = stack.pop(); stack.length > 0 || next !== undefined; next = stack.pop()) {
    const state = stateOf(next);
    if (state !== undefined) yield [String(count++), state];
    else if (typeof next === "object" && next !== null) stack.push(...Array.from(inside(next)).toReversed());
  }
}
