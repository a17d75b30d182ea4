import { encodeValue } from "../definition/value-codec.ts";
import { valuesEqual } from "../definition/values-equal.ts";
import { commonElements } from "./common-elements.ts";
import { type ListOperation, listOperations, type Placed } from "./list-operations.ts";

/** Gives equal values the same key, and only these. */
function contentKey(value: unknown): unknown {
  if (typeof value === "string") return `"${value}`;
  if (Object.is(value, -0)) return "-0";
  return typeof value === "object" && value !== null ? JSON.stringify(encodeValue(value)) : value;
}

/** A place in a list that has no partner in the other, and after how many pairs it is. */
interface Unpaired {
  readonly index: number;
  readonly gap: number;
}

function unpaired(length: number, paired: readonly number[]): Unpaired[] {
  const left: Unpaired[] = [];
  let gap = 0;
  for (let index = 0; index < length; index++) {
    if (paired[gap] === index) gap++;
    else left.push({ index, gap });
  }
  return left;
}

function countOf(places: readonly Unpaired[], keys: readonly unknown[]): Map<unknown, number> {
  const counts = new Map<unknown, number>();
  for (const { index } of places) counts.set(keys[index], (counts.get(keys[index]) ?? 0) + 1);
  return counts;
}

/** Leaves out as many of each key, from the front, as are counted. */
function without(places: readonly Unpaired[], keys: readonly unknown[], counts: Map<unknown, number>): Unpaired[] {
  return places.filter(({ index }) => {
    const count = counts.get(keys[index]) ?? 0;
    counts.set(keys[index], count - 1);
    return count <= 0;
  });
}

/**
 * Works out what became of the values of a list: what is in both in the same order stays (as many as can be found, and in lists that are
 * not very large the most that there are), what left one place and came to another was moved, and of the rest what left and what came
 * between the same two neighbours was replaced, one after another.
 */
export function valueOperations<E>(before: readonly E[], after: readonly E[]): ListOperation<E>[] {
  const keys = [before.map(contentKey), after.map(contentKey)] as const;
  const pairs = commonElements(...keys);
  const slots: [string[], string[]] = [before.map((_, index) => `-${index}`), after.map((_, index) => `+${index}`)];
  const join = (index: number, afterIndex: number): void => {
    slots[0][index] = slots[1][afterIndex] = `=${afterIndex}`;
  };
  for (const pair of pairs) join(...pair);
  const went = unpaired(
    before.length,
    pairs.map(([index]) => index),
  );
  const came = unpaired(
    after.length,
    pairs.map(([, index]) => index),
  );
  // Of equal values the first that left are those that were moved.
  const leftOut = without(went, keys[0], countOf(came, keys[1]));
  const putIn = Map.groupBy(without(came, keys[1], countOf(went, keys[0])), ({ gap }) => gap);
  for (const [gap, taken] of Map.groupBy(leftOut, (one) => one.gap)) {
    const put = putIn.get(gap) ?? [];
    for (const [place, { index }] of taken.slice(0, put.length).entries()) join(index, put[place]?.index ?? 0);
  }
  const placed = (list: readonly E[], names: readonly string[]): Placed<E>[] =>
    list.map((element, index) => ({ slot: names[index] ?? "", element }));
  return listOperations(placed(before, slots[0]), placed(after, slots[1]), valuesEqual, contentKey);
}
