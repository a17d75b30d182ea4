import { sql } from "kysely";
import type { SchemaDialect } from "../schema/schema-dialect.ts";

/** How many row ids a step of the sequence stands for: what a commit of one message needs, and little more, so that ids stay dense. */
export const idBlock = 8;

/**
 * How the tables are made in Postgres. Text is compared by byte, whatever the database's locale, so that slots have one order
 * everywhere; payloads are `json` and not `jsonb`, which would reorder keys, round numbers and refuse NUL.
 */
export function postgresSchema(schema: string): SchemaDialect {
  return {
    types: {
      id: sql`bigint`,
      integer: sql`integer`,
      text: sql`text collate "C"`,
      uuid: sql`uuid`,
      instant: sql`timestamptz(3)`,
      json: sql`json`,
    },
    table: sql``,
    keyedTable: sql``,
    rowIds: sql`create sequence ${sql.id(schema, "row_id")} as bigint`,
    lightWrites: [
      sql`alter sequence ${sql.id(schema, "row_id")} increment by ${sql.lit(idBlock)}`,
      sql`alter table ${sql.id(schema, "version")} drop constraint if exists version_chain_fkey, drop constraint if exists version_commit_id_fkey`,
      sql`alter table ${sql.id(schema, "edge")} drop constraint if exists edge_chain_fkey`,
    ],
    wholeEdges: [],
    showUuid: (column) => sql<string>`${column}`,
    showInstant: (column) => sql`${column}`,
  };
}
