/** Stands in a compiled query for a value that is known when the query is carried out. */
export class Argument {
  readonly #pick: (values: never) => unknown;

  constructor(pick: (values: never) => unknown) {
    this.#pick = pick;
  }

  /** Picks the value from what the query is carried out with. */
  valueFrom(values: unknown): unknown {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a query's type admits only what its arguments pick from
    return this.#pick(values as never);
  }
}
