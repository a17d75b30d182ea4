import { sql } from "kysely";
import type { SqlDialect } from "../query/dialect.ts";
import { compileRaw } from "../query/compile-raw.ts";
import { compileQuery, type Query } from "../query/work.ts";
import { type HeaderRow, headerQuery } from "./header-query.ts";

/** A version with its place, its parent's, and the versions that hold their payloads. */
export interface ChangedVersionRow extends HeaderRow {
  readonly chain: number;
  readonly seq: number;
  readonly parent_chain: number | null;
  readonly parent_seq: number | null;
  readonly fork_chain: number | null;
  readonly fork_seq: number | null;
  readonly holder: number;
  readonly parent_holder: number | null;
  readonly payload: string;
}

/** A range of a slot on a chain. */
export interface RangeRow {
  readonly chain: number;
  readonly field: string;
  readonly slot: string;
  readonly from_seq: number;
  readonly to_seq: number | null;
  readonly child_vid: number | null;
}

/** A stored commit. */
export interface CommitHeaderRow {
  readonly id: string;
  readonly created_at: number;
  readonly actor: string | null;
  readonly message: string | null;
}

/** The statements that versions are read with as changes. */
export interface ChangeStatements {
  readonly versions: Query<readonly string[], ChangedVersionRow>;
  /** Finds the ranges that begin or end between two positions of a chain. */
  readonly ranges: Query<readonly (readonly number[])[], RangeRow>;
  readonly commits: Query<readonly string[], CommitHeaderRow>;
}

/** Compiles the statements that versions are read with as changes. */
export function changeStatements(dialect: SqlDialect): ChangeStatements {
  const among = (column: string) => dialect.isAmong(column, "uuid", (ids: readonly string[]) => ids);
  const spans = dialect.set({ chain: "id", above: "integer", upto: "integer" }, (rows: readonly (readonly number[])[]) => rows);
  const columns = sql`select e.chain, e.field, e.slot, e.from_seq, e.to_seq, e.child_vid from ${spans} as r`;
  const begun = sql`e.chain = r.chain and e.from_seq <= r.upto`;
  return {
    versions: compileQuery(
      "changed_versions",
      headerQuery(dialect)
        .leftJoin("version as s", "s.vid", "v.payload_of")
        .where(among("v.ecs_id"))
        .select((eb) => [
          "v.chain",
          "v.seq",
          "p.chain as parent_chain",
          "p.seq as parent_seq",
          "c.parent_chain as fork_chain",
          "c.fork_seq",
          eb.fn.coalesce("v.payload_of", "v.vid").as("holder"),
          eb.fn.coalesce("p.payload_of", "p.vid").as("parent_holder"),
          eb.fn.coalesce("v.payload", "s.payload").$notNull().as("payload"),
        ]),
    ),
    ranges: compileRaw(
      dialect,
      "changed_ranges",
      sql<RangeRow>`
        ${columns} ${dialect.joinEach("edge", "e", sql`${begun} and e.to_seq is null and e.from_seq > r.above`)}
        union all
        ${columns} ${dialect.joinEach("edge", "e", sql`${begun} and e.to_seq >= r.above`)}`,
    ),
    commits: compileQuery(
      "commit_headers",
      dialect.builder
        .selectFrom("commit as k")
        .where(among("k.uuid"))
        .select([
          dialect.uuidText(sql.ref("k.uuid")).as("id"),
          dialect.milliseconds(sql.ref("k.created_at")).as("created_at"),
          "k.actor",
          "k.message",
        ]),
    ),
  };
}
