import type { Expression, RawBuilder } from "kysely";

/** All that the databases differ in when tables are made. */
export interface SchemaDialect {
  /** Column types: ids of rows, small numbers, text ordered by code point, UUIDs, instants, JSON kept as it was written. */
  readonly types: Readonly<Record<"id" | "integer" | "text" | "uuid" | "instant" | "json", RawBuilder<unknown>>>;
  /** What ends the definition of a table. */
  readonly table: RawBuilder<unknown>;
  /** What ends the definition of a table that is read by its primary key alone. */
  readonly keyedTable: RawBuilder<unknown>;
  /** Makes the source of new row ids, where the database has one of its own. */
  readonly rowIds: RawBuilder<unknown> | null;
  /** What spares writers work that the store has no need of. */
  readonly lightWrites: readonly RawBuilder<unknown>[];
  /** What finds the edges of a position without a look at each of them in the table, where that is worth its bytes. */
  readonly wholeEdges: readonly RawBuilder<unknown>[];
  /** Shows a UUID as text. */
  showUuid(column: Expression<unknown>): RawBuilder<string>;
  /** Shows an instant as ISO 8601 text in UTC, or as the database's own type. */
  showInstant(column: Expression<unknown>): RawBuilder<unknown>;
}
