import { type RawBuilder, sql } from "kysely";
import { argument } from "../query/sql-argument.ts";
import type { SqlDialect } from "../query/dialect.ts";
import { compileQuery, type Query } from "../query/work.ts";

/** Ids above the first and up to the last one. */
export interface IdRange {
  readonly above: number;
  readonly upTo: number;
}

/** A version with all that it refers to; `…_found` tells where that is. */
export interface CheckedVersion {
  readonly id: string;
  readonly chain: number;
  readonly seq: number;
  readonly before: number | null;
  readonly commit_found: number | null;
  readonly chain_found: number | null;
  readonly fork_chain: number | null;
  readonly fork_seq: number | null;
  readonly parent: number | null;
  readonly parent_chain: number | null;
  readonly parent_seq: number | null;
  readonly merge_parent: number | null;
  readonly merge_parent_found: number | null;
  /** 1 when it has edges, though it is marked as having none. */
  readonly unknown_edges: number | null;
  readonly payload_of: number | null;
  readonly holder_payload: number | null;
  readonly payload: string | null;
  readonly checksum: number | null;
}

/** A range of a slot with which something is wrong. */
export interface BrokenEdge {
  readonly chain: number;
  readonly field: string;
  readonly from_seq: number;
  readonly child_vid: number | null;
  readonly child_found: number | null;
  readonly head: number | null;
}

/** A chain without versions or without the version it branches from. */
export interface BrokenChain {
  readonly lineage: string;
  readonly head: number | null;
}

/** The statements that a store is looked through with. */
export interface VerifyStatements {
  readonly last: Query<undefined, { readonly version: number; readonly chain: number }>;
  readonly versions: Query<IdRange, CheckedVersion>;
  readonly edges: Query<IdRange, BrokenEdge>;
  readonly chains: Query<IdRange, BrokenChain>;
  /** What the database says of its own files; nothing where it has no such check. */
  readonly file: Query<undefined, { readonly message: string }> | null;
}

/** Compiles the statements that a store is looked through with. */
export function verifyStatements(dialect: SqlDialect): VerifyStatements {
  const { builder } = dialect;
  const raw = <Row>(query: RawBuilder<Row>) => ({ compile: () => query.compile(builder) });
  const [chain, version, edge, commit] = (["chain", "version", "edge", "commit"] as const).map((name) => dialect.table(name));
  const uuid = (column: string) => dialect.uuidText(sql.ref(column));
  const head = (id: string) => sql`(select max(h.seq) from ${version} as h where h.chain = ${sql.ref(id)})`;
  return {
    last: compileQuery(
      "verify_last",
      raw(
        sql<{ version: number; chain: number }>`
          select coalesce((select max(vid) from ${version}), 0) as version, coalesce((select max(id) from ${chain}), 0) as chain`,
      ),
    ),
    versions: compileQuery(
      "verify_versions",
      raw(sql<CheckedVersion>`
        select ${uuid("v.ecs_id")} as id, v.chain, v.seq, k.id as commit_found, c.id as chain_found, c.parent_chain as fork_chain, c.fork_seq,
          (select max(b.seq) from ${version} as b where b.chain = v.chain and b.seq < v.seq) as before,
          v.parent_vid as parent, p.chain as parent_chain, p.seq as parent_seq, v.merge_parent_vid as merge_parent, m.vid as merge_parent_found,
          case when v.holds_nothing is not null then (
            select 1 from ${edge} as e where e.chain = v.chain and e.from_seq <= v.seq and (e.to_seq is null or e.to_seq >= v.seq)
              and e.child_vid is not null limit 1
          ) end as unknown_edges,
          v.payload_of, case when s.payload is null then null else 1 end as holder_payload, v.payload, v.checksum
        from ${version} as v
        left join ${commit} as k on k.id = v.commit_id
        left join ${chain} as c on c.id = v.chain
        left join ${version} as p on p.vid = v.parent_vid
        left join ${version} as m on m.vid = v.merge_parent_vid
        left join ${version} as s on s.vid = v.payload_of
        where ${within("v.vid")}`),
    ),
    edges: compileQuery(
      "verify_edges",
      raw(sql<BrokenEdge>`
        select * from (
          select e.chain, e.field, e.from_seq, e.to_seq, e.child_vid, v.vid as child_found, ${head("e.chain")} as head,
            (select min(n.from_seq) from ${edge} as n
              where n.chain = e.chain and n.field = e.field and n.slot = e.slot and n.from_seq > e.from_seq) as following
          from ${edge} as e left join ${version} as v on v.vid = e.child_vid where ${within("e.chain")}
        ) as checked
        where (child_vid is not null and child_found is null) or head is null or from_seq > head
          or (following is not null and (to_seq is null or to_seq >= following))`),
    ),
    chains: compileQuery(
      "verify_chains",
      raw(sql<BrokenChain>`
        select ${uuid("c.lineage_id")} as lineage, ${head("c.id")} as head from ${chain} as c
        left join ${version} as f on f.chain = c.parent_chain and f.seq = c.fork_seq
        where ${within("c.id")} and ((c.parent_chain is not null and f.vid is null) or ${head("c.id")} is null)`),
    ),
    file: dialect.fileCheck === null ? null : compileQuery("verify_file", raw(dialect.fileCheck)),
  };
}

function within(column: string): RawBuilder<unknown> {
  const [above, upTo] = [argument(({ above }: IdRange) => above), argument(({ upTo }: IdRange) => upTo)];
  return sql`${sql.ref(column)} > ${above} and ${sql.ref(column)} <= ${upTo}`;
}
