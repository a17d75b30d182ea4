import { commonOrder, distinctKeys } from "./common-order.ts";

type Pair = [before: number, after: number];

/** A stretch of two lists that is still to be compared; the ends are not part of it. */
interface Stretch {
  readonly from: Pair;
  readonly to: Pair;
}

/** Larger ones are split where single elements are in common, or compared less closely, so that the cost stays near that of reading them. */
const largestTable = 1_000_000;

/** Pairs elements that two lists have in common in the same order, as indexes that rise on both sides. */
export function commonElements(before: readonly unknown[], after: readonly unknown[]): Pair[] {
  const pairs: Pair[] = [];
  const open: Stretch[] = [{ from: [0, 0], to: [before.length, after.length] }];
  for (let stretch = open.pop(); stretch !== undefined; stretch = open.pop()) {
    let [start, startAfter] = stretch.from;
    let [end, endAfter] = stretch.to;
    while (start < end && startAfter < endAfter && Object.is(before[start], after[startAfter])) pairs.push([start++, startAfter++]);
    while (end > start && endAfter > startAfter && Object.is(before[end - 1], after[endAfter - 1])) pairs.push([--end, --endAfter]);
    if (start === end || startAfter === endAfter) continue;
    const [left, right] = [before.slice(start, end), after.slice(startAfter, endAfter)];
    const isLarge = left.length * right.length > largestTable;
    const single = isLarge ? commonSingles(left, right) : [];
    const found = isLarge ? (single.length > 0 ? single : commonRepeated(left, right)) : longestCommon(left, right);
    for (const [index, indexAfter] of found) pairs.push([start + index, startAfter + indexAfter]);
    if (single.length === 0) continue;
    let from: Pair = [start, startAfter];
    for (const [index, indexAfter] of single) {
      open.push({ from, to: [start + index, startAfter + indexAfter] });
      from = [start + index + 1, startAfter + indexAfter + 1];
    }
    open.push({ from, to: [end, endAfter] });
  }
  return pairs.toSorted(([a], [b]) => a - b);
}

/** The indexes of elements that occur once. */
function singles(list: readonly unknown[]): Map<unknown, number> {
  const places = new Map<unknown, number>();
  const repeated = new Set<unknown>();
  for (const [index, element] of list.entries()) {
    if (places.has(element)) repeated.add(element);
    places.set(element, index);
  }
  for (const element of repeated) places.delete(element);
  return places;
}

/** Pairs what occurs once in both lists, as much of it as is in the same order. */
function commonSingles(before: readonly unknown[], after: readonly unknown[]): Pair[] {
  const [places, placesAfter] = [singles(before), singles(after)];
  const [kept, keptAfter] = [
    Array.from(places).filter(([element]) => placesAfter.has(element)),
    Array.from(placesAfter).filter(([element]) => places.has(element)),
  ];
  const order = commonOrder(
    kept.map(([element]) => element),
    keptAfter.map(([element]) => element),
  );
  return order.map(([at, atAfter]): Pair => [kept[at]?.[1] ?? 0, keptAfter[atAfter]?.[1] ?? 0]);
}

/** Pairs repeated elements by how often they came before. */
function commonRepeated(before: readonly unknown[], after: readonly unknown[]): Pair[] {
  return commonOrder(distinctKeys(before, asIs), distinctKeys(after, asIs));
}

function asIs(element: unknown): unknown {
  return element;
}

/** A longest common subsequence. */
function longestCommon(before: readonly unknown[], after: readonly unknown[]): Pair[] {
  const width = after.length + 1;
  const longest = new Uint32Array((before.length + 1) * width);
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      longest[row * width + column] = Object.is(before[row], after[column])
        ? (longest[(row + 1) * width + column + 1] ?? 0) + 1
        : Math.max(longest[(row + 1) * width + column] ?? 0, longest[row * width + column + 1] ?? 0);
    }
  }
  const pairs: Pair[] = [];
  for (let row = 0, column = 0; row < before.length && column < after.length; ) {
    if (Object.is(before[row], after[column])) pairs.push([row++, column++]);
    else if ((longest[(row + 1) * width + column] ?? 0) >= (longest[row * width + column + 1] ?? 0)) row++;
    else column++;
  }
  return pairs;
}
