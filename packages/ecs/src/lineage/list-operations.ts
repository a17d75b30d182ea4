/** One step from one list to another. Indexes of what goes count in the old list, of what comes in the new one. */
export type ListOperation<E> =
  | { readonly op: "insert"; readonly index: number; readonly element: E }
  | { readonly op: "remove"; readonly index: number; readonly element: E }
  | { readonly op: "move"; readonly from: number; readonly to: number; readonly element: E }
  | { readonly op: "replace"; readonly index: number; readonly before: E; readonly after: E };

/** An element with a key that tells which place it has, whatever stands around it. */
export interface Placed<E> {
  readonly slot: string;
  readonly element: E;
}

interface Gone<E> {
  readonly index: number;
  readonly element: E;
}

/** Works out what became of each element: what left one place and came to another was moved; what took a place, replaced. */
export function listOperations<E>(
  before: readonly Placed<E>[],
  after: readonly Placed<E>[],
  same: (a: E, b: E) => boolean,
): ListOperation<E>[] {
  const places = new Map(before.map(({ slot, element }, index) => [slot, { index, element }]));
  const replaced: { index: number; before: Gone<E>; after: E }[] = [];
  const arrived: Gone<E>[] = [];
  for (const [index, { slot, element }] of after.entries()) {
    const was = places.get(slot);
    if (was === undefined) arrived.push({ index, element });
    else if (!same(was.element, element)) replaced.push({ index, before: was, after: element });
    places.delete(slot);
  }
  const gone: Gone<E>[] = Array.from(places.values());
  const operations: ListOperation<E>[] = [];
  const takeGone = (element: E): Gone<E> | undefined => {
    const at = gone.findIndex((one) => same(one.element, element));
    return at < 0 ? undefined : gone.splice(at, 1)[0];
  };
  for (const { index, element } of arrived) {
    const from = takeGone(element);
    operations.push(from === undefined ? { op: "insert", index, element } : { op: "move", from: from.index, to: index, element });
  }
  for (const { index, before: was, after: is } of replaced) operations.push({ op: "replace", index, before: was.element, after: is });
  for (const { index, element } of gone) operations.push({ op: "remove", index, element });
  return operations.toSorted((a, b) => positionOf(a) - positionOf(b));
}

function positionOf(operation: ListOperation<unknown>): number {
  return operation.op === "move" ? operation.to : operation.index;
}

const largestTable = 1_000_000;

/** Gives the elements of two lists the same key where they are the same in both (a longest common subsequence). */
export function placeByContent<E>(
  before: readonly E[],
  after: readonly E[],
  same: (a: unknown, b: unknown) => boolean,
): { before: Placed<E>[]; after: Placed<E>[] } {
  const partner = commonElements(before, after, same);
  const kept = new Set(partner.values());
  return {
    before: before.map((element, index) => ({ slot: partner.has(index) ? `=${partner.get(index)}` : `-${index}`, element })),
    after: after.map((element, index) => ({ slot: kept.has(index) ? `=${index}` : `+${index}`, element })),
  };
}

/** Pairs indexes of the first list with those of the second. Where the differing middle is too large to compare, nothing in it is paired. */
function commonElements(
  before: readonly unknown[],
  after: readonly unknown[],
  same: (a: unknown, b: unknown) => boolean,
): Map<number, number> {
  const equal = (i: number, j: number): boolean => same(before[i], after[j]);
  const pairs = new Map<number, number>();
  let start = 0;
  while (start < before.length && start < after.length && equal(start, start)) pairs.set(start, start++);
  let endBefore = before.length;
  let endAfter = after.length;
  while (endBefore > start && endAfter > start && equal(endBefore - 1, endAfter - 1)) pairs.set(--endBefore, --endAfter);
  const rows = endBefore - start;
  const columns = endAfter - start;
  if (rows === 0 || columns === 0 || rows * columns > largestTable) return pairs;
  const width = columns + 1;
  const longest = new Uint32Array((rows + 1) * width);
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      longest[row * width + column] = equal(start + row, start + column)
        ? (longest[(row + 1) * width + column + 1] ?? 0) + 1
        : Math.max(longest[(row + 1) * width + column] ?? 0, longest[row * width + column + 1] ?? 0);
    }
  }
  for (let row = 0, column = 0; row < rows && column < columns; ) {
    if (equal(start + row, start + column)) pairs.set(start + row++, start + column++);
    else if ((longest[(row + 1) * width + column] ?? 0) >= (longest[row * width + column + 1] ?? 0)) row++;
    else column++;
  }
  return pairs;
}
