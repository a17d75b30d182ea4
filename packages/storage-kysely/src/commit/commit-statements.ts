import { type RawBuilder, sql } from "kysely";
import type { SqlDialect } from "../query/dialect.ts";
import { compileQuery, type Insert, type Query } from "../query/work.ts";
import { compileRows, type InsertedRows, insertedRows } from "./inserted-rows.ts";

/** A stored version that new versions name as parent, with the chain it stands on. */
export interface ParentRow {
  readonly id: string;
  readonly vid: number;
  readonly seq: number;
  readonly payload_vid: number;
  readonly holds_nothing: number | null;
  readonly chain: number;
  readonly lineage: string;
  readonly type: string;
  readonly parent_chain: number | null;
  readonly redacted: number | null;
  readonly head_seq: number;
  readonly head: string;
}

/** A stored commit. */
export interface CommitRow {
  readonly uuid: string;
  readonly created_at: number;
  readonly idempotency_key: string | null;
}

/** The statements that commits are written with. */
export interface CommitStatements {
  /** Finds commits by id. */
  readonly commits: Query<readonly string[], CommitRow>;
  /** Finds commits by idempotency key. */
  readonly keyedCommits: Query<readonly string[], CommitRow>;
  /** Finds which ids are stored versions. */
  readonly versions: Query<readonly string[], { readonly id: string; readonly vid: number }>;
  /** Finds which lineages have a first version. */
  readonly lineages: Query<readonly string[], { readonly id: string }>;
  /** Finds versions with the state of their chains. */
  readonly parents: Query<readonly string[], ParentRow>;
  readonly insertCommits: Insert;
  readonly insertChains: Insert;
  readonly insertVersions: Insert;
  /** Ends open ranges, each at its `to_seq`; where none is open it does nothing. */
  readonly closeEdges: Query<readonly (readonly unknown[])[], unknown>;
  readonly insertEdges: Insert;
}

/** Compiles the statements that commits are written with. */
export function commitStatements(dialect: SqlDialect): CommitStatements {
  const { builder } = dialect;
  const among = (column: string) => dialect.isAmong(column, "uuid", (ids: readonly string[]) => ids);
  const uuid = (column: string) => dialect.uuidText(sql.ref(column));
  // Read from the end of the chain's index, however long a chain the planner expects.
  const head = <Value>(column: RawBuilder<Value>) =>
    sql<Value>`(select ${column} from ${dialect.table("version")} as h where h.chain = v.chain order by h.seq desc limit 1)`;
  const commit = builder
    .selectFrom("commit as k")
    .select([uuid("k.uuid").as("uuid"), dialect.milliseconds(sql.ref("k.created_at")).as("created_at"), "k.idempotency_key"]);
  const insert = (name: string, inserted: InsertedRows) =>
    compileRows(dialect, name, inserted, dialect.rows(inserted.columns, inserted.order));
  return {
    commits: compileQuery("commits", commit.where(among("k.uuid"))),
    keyedCommits: compileQuery(
      "keyed_commits",
      commit.where(dialect.isAmong("k.idempotency_key", "text", (keys: readonly string[]) => keys)),
    ),
    versions: compileQuery(
      "versions",
      builder
        .selectFrom("version as v")
        .where(among("v.ecs_id"))
        .select([uuid("v.ecs_id").as("id"), "v.vid"]),
    ),
    lineages: compileQuery(
      "lineages",
      builder
        .selectFrom("chain as c")
        .where(among("c.lineage_id"))
        .where("c.parent_chain", "is", null)
        .select(uuid("c.lineage_id").as("id")),
    ),
    parents: compileQuery(
      "parents",
      builder
        .selectFrom("version as v")
        .where(among("v.ecs_id"))
        .innerJoin("chain as c", "c.id", "v.chain")
        .select((eb) => [
          uuid("v.ecs_id").as("id"),
          "v.vid",
          "v.seq",
          eb.fn.coalesce("v.payload_of", "v.vid").as("payload_vid"),
          "v.holds_nothing",
          "v.chain",
          uuid("c.lineage_id").as("lineage"),
          "c.type",
          "c.parent_chain",
          "c.redacted",
          head(sql.ref<number>("h.seq")).as("head_seq"),
          head(uuid("h.ecs_id")).as("head"),
        ]),
    ),
    insertCommits: insert("insert_commits", insertedRows.commit),
    insertChains: insert("insert_chains", insertedRows.chain),
    insertVersions: insert("insert_versions", insertedRows.version),
    closeEdges: compileQuery("close_edges", closeEdges(dialect)),
    insertEdges: insert("insert_edges", insertedRows.edge),
  };
}

function closeEdges(dialect: SqlDialect) {
  const open = dialect
    .set({ chain: "id", field: "text", slot: "text", to_seq: "integer" }, (rows: readonly (readonly unknown[])[]) => rows)
    .as("r");
  return dialect.builder
    .updateTable("edge as e")
    .from(open)
    .set((eb) => ({ to_seq: eb.ref("r.to_seq") }))
    .whereRef("e.chain", "=", "r.chain")
    .whereRef("e.field", "=", "r.field")
    .whereRef("e.slot", "=", "r.slot")
    .where("e.to_seq", "is", null)
    .where("e.from_seq", "=", (eb) =>
      eb
        .selectFrom("edge as l")
        .select((l) => l.fn.max("l.from_seq").as("from_seq"))
        .whereRef("l.chain", "=", "r.chain")
        .whereRef("l.field", "=", "r.field")
        .whereRef("l.slot", "=", "r.slot"),
    );
}
