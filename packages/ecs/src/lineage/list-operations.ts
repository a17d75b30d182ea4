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
  /** What an element keeps when it is moved, or replaced by another form of itself, by identity. */
  readonly identityOf: (element: E) => unknown;
}

/** The elements that have lost their places, to be found where they went. */
class GoneElements<E> {
  readonly #left: Set<Gone<E>>;
  readonly #byIdentity: ReadonlyMap<unknown, Gone<E>[]>;
  readonly #comparison: Comparison<E>;

  constructor(gone: Iterable<Gone<E>>, comparison: Comparison<E>) {
    this.#left = new Set(gone);
    this.#comparison = comparison;
    this.#byIdentity = Map.groupBy(this.#left, ({ element }) => comparison.identityOf(element));
  }

  get left(): Iterable<Gone<E>> {
    return this.#left;
  }

  take(element: E): Gone<E> | undefined {
    const { same, identityOf } = this.#comparison;
    const candidates = this.#byIdentity.get(identityOf(element)) ?? [];
    const found = candidates.find((one) => same(one.element, element)) ?? candidates[0];
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
  identityOf: (element: E) => unknown,
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
  const gone = new GoneElements(places.values(), { same, identityOf });
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
