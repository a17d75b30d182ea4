import { type RawBuilder, sql } from "kysely";
import { argument } from "../query/sql-argument.ts";
import type { SqlDialect } from "../query/dialect.ts";
import { compileRaw } from "../query/compile-raw.ts";
import { compileQuery, type Query } from "../query/work.ts";
import { type VersionQuery, versionQuery } from "./version-query.ts";
import { type HeaderRow, headerQuery, lastSeq, unindexed } from "./header-query.ts";

/** The commit that some versions came with. */
export interface CommitOfVersionsRow {
  readonly id: number;
  readonly commit_id: string;
  readonly created_at: number;
}

/** A slot of a version, or of one it inherits from: the greater the depth, the farther the ancestor. */
export interface EdgeRow {
  readonly root: number;
  readonly depth: number;
  readonly field: string;
  readonly slot: string;
  readonly child_vid: number | null;
}

/**
 * Many such slots at a position, those filled to this day and those filled until later than it: a line of JSON each for their fields, their names
 * and what is in them, in one order; `null` where there are none.
 */
export interface EdgeListsRow {
  readonly root: number;
  readonly depth: number;
  readonly open: string | null;
  readonly ended: string | null;
}

/** A header with its place in listings. */
export interface ListedRow extends HeaderRow {
  readonly chain: number;
  readonly seq: number;
}

/** Where a listing goes on. */
interface ListPosition {
  readonly type: string;
  readonly chain: number;
  readonly seq: number;
  readonly limit: number;
}

/** How many rows of each kind there are. */
interface CountsRow {
  readonly commits: number;
  readonly lineages: number;
  readonly chains: number;
  readonly versions: number;
  readonly edges: number;
  readonly payloads: number;
  readonly bytes: number;
}

/** The statements that versions are read with. */
export interface ReadStatements {
  readonly versionsById: VersionQuery<string>;
  readonly versionsByVid: VersionQuery<number>;
  /** Reads the payloads that were too long to come with their versions. */
  readonly payloads: Query<readonly number[], { readonly vid: number; readonly payload: string | null }>;
  readonly commits: Query<readonly number[], CommitOfVersionsRow>;
  /** Finds the slots that cover positions on chains, those of depth 1 and their ancestors included. */
  readonly edges: Query<readonly (readonly number[])[], EdgeRow>;
  /** The same slots, in lists. */
  readonly edgeLists: Query<readonly (readonly number[])[], EdgeListsRow>;
  readonly ids: Query<readonly number[], { readonly vid: number; readonly id: string }>;
  readonly headers: Query<readonly string[], HeaderRow>;
  readonly lineage: Query<readonly string[], HeaderRow>;
  readonly heads: Query<readonly string[], HeaderRow>;
  readonly listHeads: Query<ListPosition, ListedRow>;
  readonly listChains: Query<ListPosition, ListedRow>;
  readonly listRestOfChain: Query<ListPosition, ListedRow>;
  readonly counts: Query<undefined, CountsRow>;
}

/** Compiles the statements that versions are read with. */
export function readStatements(dialect: SqlDialect): ReadStatements {
  const { builder } = dialect;
  const among = (column: string) => dialect.isAmong(column, "uuid", (ids: readonly string[]) => ids);
  const amongVids = dialect.isAmong("v.vid", "id", (vids: readonly number[]) => vids);
  const header = headerQuery(dialect);
  const inLineage = header.where(among("c.lineage_id"));
  const listed = header
    .select(["v.chain", "v.seq"])
    .where(
      "c.type",
      "=",
      argument(({ type }: ListPosition) => type),
    )
    .limit(argument(({ limit }: ListPosition) => limit));
  const later = listed
    .where(
      "c.id",
      ">",
      argument(({ chain }: ListPosition) => chain),
    )
    .orderBy("c.id");
  return {
    versionsById: versionQuery<string>(dialect, "v.ecs_id"),
    versionsByVid: versionQuery<number>(dialect, "v.vid"),
    payloads: compileQuery(
      "payloads",
      builder
        .selectFrom("version as v")
        .leftJoin("version as s", "s.vid", "v.payload_of")
        .where(amongVids)
        .select((eb) => ["v.vid", eb.fn.coalesce("v.payload", "s.payload").as("payload")]),
    ),
    commits: compileQuery(
      "commits_of_versions",
      builder
        .selectFrom("commit as k")
        .where(dialect.isAmong("k.id", "id", (ids: readonly number[]) => ids))
        .select([
          "k.id",
          dialect.uuidText(sql.ref("k.uuid")).as("commit_id"),
          dialect.milliseconds(sql.ref("k.created_at")).as("created_at"),
        ]),
    ),
    edges: compileRaw(dialect, "edges", edgeQuery(dialect)),
    edgeLists: compileRaw(dialect, "edge_lists", edgeListQuery(dialect)),
    ids: compileQuery(
      "ids",
      builder
        .selectFrom("version as v")
        .where(amongVids)
        .select(["v.vid", dialect.uuidText(sql.ref("v.ecs_id")).as("id")]),
    ),
    headers: compileQuery("headers", header.where(among("v.ecs_id"))),
    lineage: compileQuery("lineage", inLineage.orderBy(unindexed("v.vid"))),
    heads: compileQuery("heads", inLineage.where("v.seq", "=", lastSeq).orderBy(unindexed("c.id"))),
    listHeads: compileQuery("list_heads", later.where("v.seq", "=", lastSeq)),
    listChains: compileQuery("list_chains", later.orderBy("v.seq")),
    listRestOfChain: compileQuery(
      "list_rest_of_chain",
      listed
        .where(
          "v.chain",
          "=",
          argument(({ chain }: ListPosition) => chain),
        )
        .where(
          "v.seq",
          ">",
          argument(({ seq }: ListPosition) => seq),
        )
        .orderBy("v.seq"),
    ),
    counts: compileQuery("counts", countQuery(dialect)),
  };
}

function countQuery({ builder, bytes }: SqlDialect) {
  const count = (of: "commit" | "chain" | "version" | "edge") =>
    builder.selectFrom(of).select((eb) => eb.fn.countAll<number>().as("count"));
  return builder.selectNoFrom([
    count("commit").$asScalar().$notNull().as("commits"),
    count("chain").where("chain.parent_chain", "is", null).$asScalar().$notNull().as("lineages"),
    count("chain").$asScalar().$notNull().as("chains"),
    count("version").$asScalar().$notNull().as("versions"),
    count("edge").$asScalar().$notNull().as("edges"),
    count("version").where("version.payload_of", "is", null).$asScalar().$notNull().as("payloads"),
    bytes.as("bytes"),
  ]);
}

function edgeQuery(dialect: SqlDialect): RawBuilder<EdgeRow> {
  return sql<EdgeRow>`${lines(dialect)} ${covering(dialect)}`;
}

/** What a position holds is put together position by position: rows that are grouped would all be sorted first. */
function edgeListQuery(dialect: SqlDialect): RawBuilder<EdgeListsRow> {
  const lists = dialect.inLines(["e.field", "e.slot", "e.child_vid"].map((column) => dialect.jsonList(sql.ref(column))));
  const among = (range: RawBuilder<unknown>) =>
    sql`(select ${lists} from ${dialect.table("edge")} as e where e.chain = line.chain and e.from_seq <= line.seq and ${range})`;
  return sql<EdgeListsRow>`${lines(dialect)}
    select line.root, line.depth, ${among(sql`e.to_seq is null`)} as open, ${among(sql`e.to_seq >= line.seq`)} as ended from line`;
}

/** Positions on chains, those they inherit from included. */
function lines(dialect: SqlDialect): RawBuilder<unknown> {
  const columns = { root: "id", chain: "id", seq: "integer", depth: "integer" } as const;
  const start = dialect.set(columns, (rows: readonly (readonly number[])[]) => rows);
  const ancestor = dialect.joinEach("chain", "c", sql`c.id = line.chain and c.parent_chain is not null`);
  return sql`
    with recursive line(root, chain, seq, depth) as (
      select root, chain, seq, depth from ${start} as start
      union all
      select line.root, c.parent_chain, c.fork_seq, line.depth + 1 from line ${ancestor} where line.depth > 0
    )`;
}

function covering(dialect: SqlDialect): RawBuilder<EdgeRow> {
  const among = (range: RawBuilder<unknown>) => sql`
    select line.root, line.depth, e.field, e.slot, e.child_vid
    from line ${dialect.joinEach("edge", "e", sql`e.chain = line.chain and e.from_seq <= line.seq and ${range}`)}`;
  return sql<EdgeRow>`${among(sql`e.to_seq is null`)} union all ${among(sql`e.to_seq >= line.seq`)}`;
}
