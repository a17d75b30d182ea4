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

/** How elements are told apart. */
interface Comparison<E> {
  /** Whether nothing has become of an element. */
  readonly same: (a: E, b: E) => boolean;
  /** What an element keeps when it is replaced by another form of itself, by identity; only `same` elements are moved when left out. */
  readonly identityOf?: (element: E) => unknown;
}

/** The elements that have lost their places, to be found where they went. */
class GoneElements<E> {
  readonly #left: Set<Gone<E>>;
  readonly #byIdentity: ReadonlyMap<unknown, Gone<E>[]> | null;
  readonly #comparison: Comparison<E>;

  constructor(gone: Iterable<Gone<E>>, comparison: Comparison<E>) {
    this.#left = new Set(gone);
    this.#comparison = comparison;
    const { identityOf } = comparison;
    this.#byIdentity = identityOf === undefined ? null : Map.groupBy(this.#left, ({ element }) => identityOf(element));
  }

  get left(): Iterable<Gone<E>> {
    return this.#left;
  }

  take(element: E): Gone<E> | undefined {
    const { same, identityOf } = this.#comparison;
    const candidates = this.#byIdentity?.get(identityOf?.(element)) ?? [];
    const exact = (this.#byIdentity === null ? this.#left : candidates).values().find((one) => same(one.element, element));
    const found = exact ?? candidates[0];
    if (found === undefined) return undefined;
    this.#left.delete(found);
    candidates.splice(candidates.indexOf(found), 1);
    return found;
  }
}

/** Works out what became of each element: what left one place and came to another was moved; what took a place, replaced. */
export function listOperations<E>(
  before: readonly Placed<E>[],
  after: readonly Placed<E>[],
  same: Comparison<E>["same"],
  identityOf?: (element: E) => unknown,
): ListOperation<E>[] {
  const places = new Map(before.map(({ slot, element }, index) => [slot, { index, element }]));
  const arrived: Gone<E>[] = [];
  const operations: ListOperation<E>[] = [];
  for (const [index, { slot, element }] of after.entries()) {
    const was = places.get(slot);
    if (was === undefined) arrived.push({ index, element });
    else if (!same(was.element, element)) operations.push({ op: "replace", index, before: was.element, after: element });
    places.delete(slot);
  }
  const gone = new GoneElements(places.values(), { same, ...(identityOf === undefined ? {} : { identityOf }) });
  for (const { index, element } of arrived) {
    const was = gone.take(element);
    operations.push(
      was === undefined ? { op: "insert", index, element } : { op: "move", from: was.index, to: index, element: was.element },
    );
    if (was !== undefined && !same(was.element, element)) operations.push({ op: "replace", index, before: was.element, after: element });
  }
  for (const { index, element } of gone.left) operations.push({ op: "remove", index, element });
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
