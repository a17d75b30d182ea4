import { type ExpressionBuilder, type RawBuilder, sql } from "kysely";
import type { SqlDialect } from "../query/dialect.ts";
import type { ChainTable, Tables, VersionTable } from "../schema/tables.ts";

/** A version's header as the database gives it. */
export interface HeaderRow {
  readonly ecs_id: string;
  readonly lineage_id: string;
  readonly type: string;
  readonly schema_version: number;
  readonly parent_id: string | null;
  readonly merge_parent_id: string | null;
  readonly created_at: number;
  readonly commit_id: string;
  readonly redacted: number | null;
}

/**
 * Starts a query of headers: versions `v` on chains `c`.
 *
 * @param versions - those among which it looks; all when left out
 */
export function headerQuery(dialect: SqlDialect, versions?: RawBuilder<VersionTable>) {
  const uuid = (column: string) => dialect.uuidText(sql.ref(column));
  return dialect.builder
    .selectFrom((versions ?? sql<VersionTable>`${dialect.table("version")}`).as("v"))
    .innerJoin("chain as c", "c.id", "v.chain")
    .innerJoin("commit as k", "k.id", "v.commit_id")
    .leftJoin("version as p", "p.vid", "v.parent_vid")
    .leftJoin("version as m", "m.vid", "v.merge_parent_vid")
    .select([
      uuid("v.ecs_id").as("ecs_id"),
      uuid("c.lineage_id").as("lineage_id"),
      "c.type",
      "v.schema_version",
      uuid("p.ecs_id").$castTo<string | null>().as("parent_id"),
      uuid("m.ecs_id").$castTo<string | null>().as("merge_parent_id"),
      dialect.milliseconds(sql.ref("k.created_at")).as("created_at"),
      uuid("k.uuid").as("commit_id"),
      "c.redacted",
    ]);
}

type Listing = Tables & { readonly v: VersionTable; readonly c: ChainTable };

/** Orders few rows by a column whose index would lead through a whole table of others. */
export function unindexed(column: "v.vid" | "c.id" | "v.chain" | "v.seq"): RawBuilder<number> {
  return sql<number>`(${sql.ref(column)} + 0)`;
}

/** The position of the last version of chain `c`. */
export function lastSeq(eb: ExpressionBuilder<Listing, "c">) {
  return eb
    .selectFrom("version as l")
    .select((l) => l.fn.max("l.seq").as("seq"))
    .whereRef("l.chain", "=", "c.id");
}
