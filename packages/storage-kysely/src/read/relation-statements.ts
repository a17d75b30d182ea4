import { type RawBuilder, sql } from "kysely";
import { argument } from "../query/sql-argument.ts";
import type { SqlDialect } from "../query/dialect.ts";
import { compileQuery, type Query } from "../query/work.ts";
import { type HeaderRow, headerQuery, unindexed } from "./header-query.ts";

/** A run of positions on a chain; without end while it goes on. */
export interface SpanRow {
  readonly chain: number;
  readonly first: number;
  readonly last: number | null;
}

/** A header with its place in listings. */
export interface PlacedRow extends HeaderRow {
  readonly vid: number;
  readonly chain: number;
  readonly seq: number;
}

interface HeldFrom {
  readonly vids: readonly number[];
  readonly chain: number;
}

interface SpansFrom {
  readonly spans: readonly (readonly (number | null)[])[];
  readonly limit: number;
}

interface MomentOfLineages {
  readonly lineageIds: readonly string[];
  readonly time: number;
}

/** The statements that tell who holds whom, and what was the last version when. */
export interface RelationStatements {
  /** Finds where versions are held from a chain on: see {@link holdingSpans}. */
  readonly holdingSpans: Query<HeldFrom, SpanRow>;
  /** Finds the first versions of spans. */
  readonly versionsOfSpans: Query<SpansFrom, { readonly vid: number }>;
  /** Finds the last versions of the spans' chains, where they lie in them. */
  readonly headsOfSpans: Query<SpansFrom, { readonly vid: number }>;
  readonly headersByVid: Query<readonly number[], PlacedRow>;
  readonly asOf: Query<MomentOfLineages, HeaderRow>;
}

/** Compiles the statements that tell who holds whom, and what was the last version when. */
export function relationStatements(dialect: SqlDialect): RelationStatements {
  const { builder } = dialect;
  const header = headerQuery(dialect);
  const raw = <Row>(query: RawBuilder<Row>) => ({ compile: () => query.compile(builder) });
  return {
    holdingSpans: compileQuery("holding_spans", raw(holdingSpans(dialect))),
    versionsOfSpans: compileQuery("versions_of_spans", raw(spanQuery(dialect, sql``))),
    headsOfSpans: compileQuery(
      "heads_of_spans",
      raw(spanQuery(dialect, sql`and v.seq = (select max(l.seq) from ${dialect.table("version")} as l where l.chain = r.chain)`)),
    ),
    headersByVid: compileQuery(
      "headers_by_vid",
      header
        .where(dialect.isAmong("v.vid", "id", (vids: readonly number[]) => vids))
        .select(["v.vid", "v.chain", "v.seq"])
        .orderBy(unindexed("v.chain"))
        .orderBy(unindexed("v.seq")),
    ),
    asOf: compileQuery(
      "as_of",
      header
        .where(dialect.isAmong("c.lineage_id", "uuid", ({ lineageIds }: MomentOfLineages) => lineageIds))
        .where("v.seq", "=", (eb) =>
          eb
            .selectFrom("version as l")
            .innerJoin("commit as t", "t.id", "l.commit_id")
            .whereRef("l.chain", "=", "c.id")
            .where(
              dialect.milliseconds(sql.ref("t.created_at")),
              "<=",
              argument(({ time }: MomentOfLineages) => time),
            )
            .orderBy("l.seq", "desc")
            .limit(1)
            .select("l.seq"),
        )
        .orderBy(unindexed("c.id")),
    ),
  };
}

/**
 * Where versions are held: on the chains that took them up, and on those that branched off meanwhile, until these changed the slot.
 * A chain's branches are younger than it, so that those before the given one can be left out at the end.
 */
function holdingSpans(dialect: SqlDialect): RawBuilder<SpanRow> {
  const held = dialect.set({ vid: "id" }, ({ vids }: HeldFrom) => vids.map((vid) => [vid]));
  const changedAt = sql`(
    select min(n.from_seq) - 1 from ${dialect.table("edge")} as n where n.chain = c.id and n.field = run.field and n.slot = run.slot)`;
  const branch = dialect.joinEach(
    "chain",
    "c",
    sql`c.parent_chain = run.chain and c.fork_seq >= run.first and (run.last is null or c.fork_seq <= run.last)`,
  );
  return sql<SpanRow>`
    with recursive run(chain, field, slot, first, last) as (
      select e.chain, e.field, e.slot, e.from_seq, e.to_seq from ${held} as held ${dialect.joinEach("edge", "e", sql`e.child_vid = held.vid`)}
      union all
      select c.id, run.field, run.slot, c.fork_seq + 1, ${changedAt} from run ${branch}
    )
    select chain, first, last from run where chain >= ${argument(({ chain }: HeldFrom) => chain)} and (last is null or last >= first)`;
}

function spanQuery(dialect: SqlDialect, condition: RawBuilder<unknown>): RawBuilder<{ vid: number }> {
  const spans = dialect.set({ chain: "id", first: "integer", last: "integer" }, ({ spans }: SpansFrom) => spans);
  const covered = sql`v.chain = r.chain and v.seq >= r.first and (r.last is null or v.seq <= r.last) ${condition}`;
  return sql<{ vid: number }>`
    select v.vid from ${spans} as r ${dialect.joinEach("version", "v", covered)}
    order by v.chain, v.seq limit ${argument(({ limit }: SpansFrom) => limit)}`;
}
