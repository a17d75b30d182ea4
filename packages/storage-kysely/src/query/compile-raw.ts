import type { RawBuilder } from "kysely";
import type { SqlDialect } from "./dialect.ts";
import { compileQuery, type Query } from "./work.ts";

/** Compiles SQL that is written out. */
export function compileRaw<Arguments, Row>(dialect: SqlDialect, name: string, query: RawBuilder<Row>): Query<Arguments, Row> {
  return compileQuery(name, { compile: () => query.compile(dialect.builder) });
}
