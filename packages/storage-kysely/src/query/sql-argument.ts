import { type RawBuilder, sql } from "kysely";
import { Argument } from "./argument.ts";

/** Makes a parameter of a query from the arguments it will be carried out with. */
export function argument<Value>(pick: (values: never) => Value): RawBuilder<Value> {
  return sql<Value>`${new Argument(pick)}`;
}
