import { type RawBuilder, sql } from "kysely";

/** Stands in a compiled query for a value that is known when the query is carried out. */
export class Argument<Arguments> {
  readonly pick: (values: Arguments) => unknown;

  constructor(pick: (values: Arguments) => unknown) {
    this.pick = pick;
  }
}

/** Makes a parameter of a query from the arguments it will be carried out with. */
export function argument<Arguments, Value>(pick: (values: Arguments) => Value): RawBuilder<Value> {
  return sql<Value>`${new Argument(pick)}`;
}
