import { type RawBuilder, sql } from "kysely";
import { argument } from "../query/sql-argument.ts";
import { compileRaw } from "../query/compile-raw.ts";
import type { SqlDialect } from "../query/dialect.ts";
import type { Query } from "../query/work.ts";

interface Following {
  readonly after: number;
  readonly limit: number;
}

interface FollowingVersions extends Following {
  /** The youngest version to be listed. */
  readonly last: number;
}

/** A version, as far as it matters for what stays. */
export interface PlannedVersionRow {
  readonly vid: number;
  readonly chain: number;
  readonly seq: number;
  readonly merge_parent: number | null;
  readonly created_at: number;
}

/** A chain, as far as it matters for what stays. */
export interface PlannedChainRow {
  readonly id: number;
  readonly type: string;
  readonly parent_chain: number | null;
  readonly fork_seq: number | null;
}

/** A range of positions whose versions hold a child. */
export interface HoldRow {
  readonly child: number;
  readonly chain: number;
  readonly first: number;
  readonly last: number | null;
}

/** A version that is to go, with its neighbours on the chain as they are now. */
export interface DoomedRow {
  readonly vid: number;
  readonly chain: number;
  readonly seq: number;
  readonly parent: number | null;
  readonly before_seq: number | null;
  readonly next: number | null;
  readonly next_seq: number | null;
  /** 1 when it has a name or a chain branches from it. */
  readonly needed: number;
}

/** A version that was merged from another one. */
export interface MergeRow {
  readonly parent: number;
  readonly version: number;
}

interface Sharing {
  readonly vids: readonly number[];
  readonly limit: number;
}

type Rows = readonly (readonly (number | null)[])[];

/** What the store is when nobody writes. */
export interface StoreStateRow {
  /** The youngest version. */
  readonly last: number | null;
  /** The first commit, which is another one once the store was cleared; what was stored since may have the ids of what was there before. */
  readonly first_commit: string | null;
}

/** The statements that a store is pruned with. */
export interface PruneStatements {
  readonly state: Query<undefined, StoreStateRow>;
  readonly versions: Query<FollowingVersions, PlannedVersionRow>;
  readonly chains: Query<Following, PlannedChainRow>;
  readonly tagged: Query<undefined, { readonly vid: number }>;
  readonly holds: Query<readonly number[], HoldRow>;
  readonly doomed: Query<readonly number[], DoomedRow>;
  /** Finds what was merged from versions. */
  readonly merges: Query<readonly number[], MergeRow>;
  /** Counts the versions at positions of chains. */
  readonly countAt: Query<Rows, { readonly hold: number; readonly versions: number }>;
  /** Finds versions that share the payloads of some that are to go, and stay themselves. */
  readonly sharers: Query<Sharing, { readonly vid: number; readonly holder: number }>;
  /** Copies payloads: heir, holder. */
  readonly inherit: Query<Rows, unknown>;
  /** Shares other payloads: version, holder. */
  readonly share: Query<Rows, unknown>;
  /** Gives versions other parents: version, parent. */
  readonly relink: Query<Rows, unknown>;
  /** Takes ranges between two positions of a chain away. */
  readonly dropRanges: Query<Rows, unknown>;
  readonly dropVersions: Query<readonly number[], unknown>;
}

/** Compiles the statements that a store is pruned with. */
export function pruneStatements(dialect: SqlDialect): PruneStatements {
  const [version, chain, edge, commit, tag] = (["version", "chain", "edge", "commit", "tag"] as const).map((name) => dialect.table(name));
  const amongVids = (column: string) => dialect.isAmong(column, "id", (vids: readonly number[]) => vids);
  const pairs = (left: string, right: string) => dialect.set({ [left]: "id", [right]: "id" }, (rows: Rows) => rows);
  const spans = dialect.set({ chain: "id", lo: "integer", hi: "integer" }, (rows: Rows) => rows);
  const counted = dialect.set({ hold: "integer", chain: "id", first: "integer", last: "integer" }, (rows: Rows) => rows);
  const neighbour = (order: "asc" | "desc"): RawBuilder<unknown> => sql`(
    select n.seq from ${version} as n
    where n.chain = v.chain and n.seq ${sql.raw(order === "asc" ? ">" : "<")} v.seq order by n.seq ${sql.raw(order)} limit 1)`;
  return {
    state: compileRaw(
      dialect,
      "prune_state",
      sql<StoreStateRow>`
        select (select max(vid) from ${version}) as last,
          (select ${dialect.uuidText(sql.ref("k.uuid"))} from ${commit} as k order by k.id limit 1) as first_commit`,
    ),
    versions: compileRaw(
      dialect,
      "prune_versions",
      sql<PlannedVersionRow>`
        select v.vid, v.chain, v.seq, v.merge_parent_vid as merge_parent, ${dialect.milliseconds(sql.ref("k.created_at"))} as created_at
        from ${version} as v join ${commit} as k on k.id = v.commit_id 
        where v.vid > ${after} and v.vid <= ${argument(({ last }: FollowingVersions) => last)} order by v.vid limit ${limit}`,
    ),
    chains: compileRaw(
      dialect,
      "prune_chains",
      sql<PlannedChainRow>`select id, type, parent_chain, fork_seq from ${chain} where id > ${after} order by id limit ${limit}`,
    ),
    tagged: compileRaw(dialect, "prune_tagged", sql<{ vid: number }>`select vid from ${tag}`),
    holds: compileRaw(
      dialect,
      "prune_holds",
      sql<HoldRow>`
        select e.child_vid as child, e.chain, e.from_seq as first, e.to_seq as last from ${edge} as e where ${amongVids("e.child_vid")}`,
    ),
    doomed: compileRaw(
      dialect,
      "prune_doomed",
      sql<DoomedRow>`
        select d.*, n.vid as next from (
          select v.vid, v.chain, v.seq, v.parent_vid as parent, ${neighbour("desc")} as before_seq, ${neighbour("asc")} as next_seq,
            case when exists (select 1 from ${tag} as t where t.vid = v.vid)
              or exists (select 1 from ${chain} as f where f.parent_chain = v.chain and f.fork_seq = v.seq)
              then 1 else 0 end as needed
          from ${version} as v where ${amongVids("v.vid")}) as d
        left join ${version} as n on n.chain = d.chain and n.seq = d.next_seq`,
    ),
    merges: compileRaw(
      dialect,
      "prune_merges",
      sql<MergeRow>`
        select m.merge_parent_vid as parent, m.vid as version from ${version} as m where ${amongVids("m.merge_parent_vid")}`,
    ),
    countAt: compileRaw(
      dialect,
      "prune_count_at",
      sql<{ hold: number; versions: number }>`
        select r.hold, (select count(*) from ${version} as v
          where v.chain = r.chain and v.seq >= r.first and (r.last is null or v.seq <= r.last)) as versions
        from ${counted} as r`,
    ),
    sharers: compileRaw(
      dialect,
      "prune_sharers",
      sql<{ vid: number; holder: number }>`
        select v.vid, v.payload_of as holder from ${version} as v
        where ${dialect.isAmong("v.payload_of", "id", ({ vids }: Sharing) => vids)}
          and not (${dialect.isAmong("v.vid", "id", ({ vids }: Sharing) => vids)})
        order by v.vid + 0 limit ${argument(({ limit }: Sharing) => limit)}`,
    ),
    inherit: compileRaw(
      dialect,
      "prune_inherit",
      sql`update ${version} as v set payload = h.payload, checksum = h.checksum, payload_of = null
        from ${pairs("heir", "holder")} as r join ${version} as h on h.vid = r.holder where v.vid = r.heir`,
    ),
    share: compileRaw(
      dialect,
      "prune_share",
      sql`update ${version} as v set payload_of = r.holder from ${pairs("sharer", "holder")} as r where v.vid = r.sharer`,
    ),
    relink: compileRaw(
      dialect,
      "prune_relink",
      sql`update ${version} as v set parent_vid = r.parent from ${pairs("child", "parent")} as r where v.vid = r.child`,
    ),
    dropRanges: compileRaw(
      dialect,
      "prune_drop_ranges",
      sql`delete from ${edge} where (chain, field, slot, from_seq) in (
        select e.chain, e.field, e.slot, e.from_seq from ${spans} as r
        ${dialect.joinEach("edge", "e", sql`e.chain = r.chain and e.to_seq > r.lo and e.to_seq < r.hi and e.from_seq > r.lo`)})`,
    ),
    dropVersions: compileRaw(dialect, "prune_drop_versions", sql`delete from ${version} where ${amongVids("vid")}`),
  };
}

const after = argument(({ after }: Following) => after);
const limit = argument(({ limit }: Following) => limit);
