import { type RawBuilder, sql } from "kysely";
import type { SqlDialect } from "./dialect.ts";
import { compileQuery, type Query } from "./work.ts";

/** Compiles SQL that is written out. */
export function compileRaw<Arguments, Row>(dialect: SqlDialect, name: string, query: RawBuilder<Row>): Query<Arguments, Row> {
  return compileQuery(name, { compile: () => query.compile(dialect.builder) });
}

/** Writes columns under their names, as they stand after `select`. */
export function namedColumns(columns: Readonly<Record<string, RawBuilder<unknown>>>): RawBuilder<unknown> {
  return sql.join(Object.entries(columns).map(([name, column]) => sql`${column} as ${sql.ref(name)}`));
}
