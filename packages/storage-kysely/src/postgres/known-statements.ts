import { type RawBuilder, sql } from "kysely";
import { compileRows, type InsertedRows, insertedRows } from "../commit/inserted-rows.ts";
import type { KnownStatements, SecondLook } from "../commit/write-on-known.ts";
import { compileRaw } from "../query/compile-raw.ts";
import type { SqlDialect } from "../query/dialect.ts";
import { argument } from "../query/sql-argument.ts";
import { queryOf, type Reply } from "../query/work.ts";
import { givenRows } from "./given-rows.ts";
import { idBlock } from "./postgres-schema.ts";

/**
 * Marks a transaction that has begun and holds its locks. Commits on known heads are sent along with it, and refused where the mark is missing:
 * a driver may have failed to send the beginning.
 */
export const begun = "set_config('minference.begun', 'yes', true)";

/** What inserts call the row of the statement beside them. */
const lookedAgain = "looked_again";

/** Compiles what writes commits on known heads in one statement, and so in one round trip. See docs/decisions/postgres-writes.md. */
export function knownStatements(dialect: SqlDialect, sequence: RawBuilder<unknown>): KnownStatements {
  const insert = (name: string, inserted: InsertedRows, joined: RawBuilder<unknown>) =>
    compileRows(dialect, name, inserted, givenRows(inserted.columns, inserted.order, { joined, id: withNewIds }));
  const newIds = sql`, ${sql.ref(lookedAgain)}`;
  const look = compileRaw<SecondLook, unknown>(dialect, "look_again", lookAgainQuery(dialect, sequence));
  return {
    lookAgain: queryOf({ ...look.statement, calledRows: lookedAgain }),
    // Where a head is not as it was the commit is inserted twice, which its key refuses like one that is stored already.
    insertCommits: insert("commits_on_known", insertedRows.commit, sql`${newIds}, generate_series(1, copies)`),
    insertChains: insert("chains_on_known", insertedRows.chain, newIds),
    insertVersions: insert("versions_on_known", insertedRows.version, newIds),
    insertEdges: insert("edges_on_known", insertedRows.edge, newIds),
    idsOf,
  };
}

/** The new id where a number below zero is given, the first being -1. */
function withNewIds(given: RawBuilder<unknown>): RawBuilder<unknown> {
  const place = sql`(-1 - ${given})`;
  const block = sql.lit(idBlock);
  return sql`case when ${given} < 0 then first_ids[${place} / ${block} + 1] + ${place} % ${block} else ${given} end`;
}

/** A step of the sequence gives a block of ids. */
function lookAgainQuery(dialect: SqlDialect, sequence: RawBuilder<unknown>): RawBuilder<unknown> {
  const blocks = argument(({ newIds }: SecondLook) => Math.ceil(newIds / idBlock));
  const columns = {
    id: "uuid",
    vid: "id",
    chain: "id",
    seq: "integer",
    payload_vid: "id",
    holds_nothing: "integer",
    is_branch: "integer",
  } as const;
  const known = dialect.set(columns, ({ heads }: SecondLook) =>
    heads.map(({ id, vid, chain, seq, payloadVid, holdsNothing, isBranch }) => [
      id,
      vid,
      chain,
      seq,
      payloadVid,
      Number(holdsNothing),
      Number(isBranch),
    ]),
  );
  const version = dialect.joinEach("version", "v", sql`v.ecs_id = k.id`);
  const chain = dialect.joinEach("chain", "c", sql`c.id = v.chain`);
  return sql`select array(select nextval(${sequence}) from generate_series(1, ${blocks})) as first_ids, case when count(*) filter (where v.vid = k.vid and v.chain = k.chain and v.seq = k.seq and coalesce(v.payload_of, v.vid) = k.payload_vid
      and k.seq = (select h.seq from ${dialect.table("version")} as h where h.chain = v.chain order by h.seq desc limit 1)
      and (v.holds_nothing is not null) = (k.holds_nothing = 1) and (c.parent_chain is not null) = (k.is_branch = 1) and c.redacted is null)
    = ${argument(({ heads }: SecondLook) => heads.length)}::integer and current_setting('minference.begun', true) = 'yes' then 1 else 2 end as copies
    from ${known} as k ${version} ${chain}`;
}

/** Reads the ids off the one row that the statement gives. */
function idsOf(replies: readonly Reply[]): (number: number) => number {
  const row: unknown = replies.at(-1)?.rows[0];
  const text: unknown = typeof row === "object" && row !== null ? Reflect.get(row, lookedAgain) : undefined;
  const [taken]: { readonly first_ids: readonly number[] }[] = JSON.parse(String(text));
  return (number) => {
    if (number > 0) return number;
    const place = -1 - number;
    const first = taken?.first_ids[Math.floor(place / idBlock)];
    if (first === undefined) throw new RangeError("More rows were written than ids taken");
    return first + (place % idBlock);
  };
}
