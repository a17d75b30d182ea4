import { type RawBuilder, sql } from "kysely";
import type { ColumnKinds, SqlDialect } from "../query/dialect.ts";
import { compileInsert, type Insert } from "../query/work.ts";
import type { Tables } from "../schema/tables.ts";

/** What a commit inserts into a table. */
export interface InsertedRows {
  readonly table: keyof Tables;
  readonly columns: ColumnKinds;
  /** The columns that rows are sorted by, so that two writers come upon each other in one order. */
  readonly order: readonly string[];
}

/** What commits insert. */
export const insertedRows = {
  commit: {
    table: "commit",
    columns: { id: "id", uuid: "uuid", created_at: "instant", actor: "text", message: "text", idempotency_key: "text" },
    order: ["idempotency_key", "uuid"],
  },
  chain: {
    table: "chain",
    columns: { id: "id", lineage_id: "uuid", type: "text", parent_chain: "id", fork_seq: "integer" },
    order: ["lineage_id", "id"],
  },
  version: {
    table: "version",
    columns: {
      vid: "id",
      ecs_id: "uuid",
      chain: "id",
      seq: "integer",
      parent_vid: "id",
      merge_parent_vid: "id",
      commit_id: "id",
      schema_version: "integer",
      payload: "json",
      payload_of: "id",
      checksum: "integer",
      holds_nothing: "integer",
    },
    order: ["chain", "seq"],
  },
  edge: {
    table: "edge",
    columns: { chain: "id", field: "text", slot: "text", from_seq: "integer", to_seq: "integer", child_vid: "id" },
    order: [],
  },
} as const satisfies Readonly<Record<string, InsertedRows>>;

/** Compiles what inserts rows that the dialect puts together. */
export function compileRows(
  dialect: Pick<SqlDialect, "builder" | "table">,
  name: string,
  { table, columns }: InsertedRows,
  rows: RawBuilder<unknown>,
): Insert {
  const names = Object.keys(columns).map((column) => sql.ref(column));
  const insert = sql`insert into ${dialect.table(table)} (${sql.join(names)}) ${rows}`;
  return compileInsert(name, { compile: () => insert.compile(dialect.builder) });
}
