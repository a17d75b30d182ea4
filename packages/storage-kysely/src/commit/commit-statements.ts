import { type RawBuilder, sql } from "kysely";
import type { ColumnKinds, SqlDialect } from "../query/dialect.ts";
import { compileInsert, compileQuery, type Insert, type Query } from "../query/work.ts";

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
    insertCommits: compileInsert(
      "insert_commits",
      builder
        .insertInto("commit")
        .columns(["id", "uuid", "created_at", "actor", "message", "idempotency_key"])
        .expression(dialect.rows(commitRow, ["idempotency_key", "uuid"])),
    ),
    insertChains: compileInsert(
      "insert_chains",
      builder
        .insertInto("chain")
        .columns(["id", "lineage_id", "type", "parent_chain", "fork_seq"])
        .expression(dialect.rows(chainRow, ["lineage_id", "id"])),
    ),
    insertVersions: compileInsert(
      "insert_versions",
      builder
        .insertInto("version")
        .columns([
          "vid",
          "ecs_id",
          "chain",
          "seq",
          "parent_vid",
          "merge_parent_vid",
          "commit_id",
          "schema_version",
          "payload",
          "payload_of",
          "checksum",
          "holds_nothing",
        ])
        .expression(dialect.rows(versionRow, ["chain", "seq"])),
    ),
    closeEdges: compileQuery("close_edges", closeEdges(dialect)),
    insertEdges: compileInsert(
      "insert_edges",
      builder
        .insertInto("edge")
        .columns(["chain", "field", "slot", "from_seq", "to_seq", "child_vid"])
        .expression(dialect.rows(edgeRow, [])),
    ),
  };
}

const commitRow: ColumnKinds = { id: "id", uuid: "uuid", created_at: "instant", actor: "text", message: "text", idempotency_key: "text" };
const chainRow: ColumnKinds = { id: "id", lineage_id: "uuid", type: "text", parent_chain: "id", fork_seq: "integer" };
const versionRow: ColumnKinds = {
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
};
const edgeRow: ColumnKinds = { chain: "id", field: "text", slot: "text", from_seq: "integer", to_seq: "integer", child_vid: "id" };

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
