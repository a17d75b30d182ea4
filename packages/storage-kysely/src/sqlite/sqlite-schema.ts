import { sql } from "kysely";
import type { SchemaDialect } from "../schema/schema-dialect.ts";

/** How the tables are made in SQLite. Its text is ordered by byte, which is by code point, unless told otherwise. */
export const sqliteSchema: SchemaDialect = {
  types: {
    id: sql`integer`,
    integer: sql`integer`,
    text: sql`text`,
    uuid: sql`blob`,
    instant: sql`integer`,
    json: sql`text`,
  },
  table: sql`strict`,
  keyedTable: sql`strict, without rowid`,
  rowIds: null,
  lightWrites: [],
  // What is asked of a partial index has to be in it, its own condition too, or the table is looked at for each row.
  wholeEdges: [
    sql`drop index edge_open`,
    sql`create index edge_open on edge (chain, from_seq, child_vid, to_seq) where to_seq is null`,
    sql`drop index edge_ended`,
    sql`create index edge_ended on edge (chain, to_seq, child_vid) where to_seq is not null`,
  ],
  showUuid: (column) => {
    const hex = sql`nullif(lower(hex(${column})), '')`;
    const parts = [
      [1, 8],
      [9, 4],
      [13, 4],
      [17, 4],
      [21, 12],
    ].map(([start, length]) => sql`substr(${hex}, ${sql.lit(start)}, ${sql.lit(length)})`);
    return sql<string>`${sql.join(parts, sql` || '-' || `)}`;
  },
  showInstant: (column) => sql`strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`,
};
