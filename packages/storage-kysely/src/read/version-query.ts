import { type Payload, StorageError } from "@minference/ecs";
import { type RawBuilder, sql } from "kysely";
import { compileRaw } from "../query/compile-raw.ts";
import type { Gathered, GatheredColumns, SqlDialect } from "../query/dialect.ts";
import type { Work } from "../query/work.ts";

/** What a version has besides its content and that not every version has. */
export type VersionDetails = readonly [
  schemaVersion: number,
  parentId: string | null,
  mergeParentId: string | null,
  redacted: number | null,
  holdsNothing: number | null,
  chain: number,
  seq: number,
  parentChain: number | null,
  forkSeq: number | null,
];

/** Versions, a list a column. */
export interface VersionColumns {
  readonly ecsIds: readonly string[];
  readonly lineageIds: readonly string[];
  readonly vids: readonly number[];
  /** The row ids of their commits. */
  readonly commits: readonly number[];
  readonly types: readonly string[];
  /** `null` where it is of the first schema version, has no parent, holds nothing and was not redacted. */
  readonly details: readonly (VersionDetails | null)[];
  /** `null` where it has to be read alone. */
  readonly payloads: readonly (Payload | null)[];
}

/** Reads the versions of some keys, in lists of some each. */
export type VersionQuery<Key> = (keys: readonly Key[]) => Work<readonly VersionColumns[]>;

/**
 * Compiles a query of versions with their contents. It is what large trees are read with: a version costs no look-up but that of its
 * chain, and of what it does have: a parent, or a payload that it shares.
 */
export function versionQuery<Key extends string | number>(dialect: SqlDialect, key: "v.vid" | "v.ecs_id"): VersionQuery<Key> {
  const columns: GatheredColumns = {
    uuids: [sql.ref("v.ecs_id"), sql.ref("c.lineage_id")],
    values: [sql.ref("v.vid"), sql.ref("v.commit_id"), dialect.jsonText(sql.ref("c.type")), details(dialect)],
    content: payload(dialect),
  };
  const chain = dialect.joinEach("chain", "c", sql`c.id = v.chain`);
  const query = compileRaw(
    dialect,
    key === "v.vid" ? "versions_by_vid" : "versions_by_id",
    dialect.gather(columns, chain, key, (keys: readonly Key[]) => keys),
  );
  return function* run(keys) {
    return dialect.spread(columns, yield* query(keys)).map(readColumns);
  };
}

function text(value: RawBuilder<unknown>): RawBuilder<string> {
  return sql`coalesce(cast(${value} as text), 'null')`;
}

function details(dialect: SqlDialect): RawBuilder<string> {
  const idOf = (key: string) =>
    sql`coalesce('"' || cast((select ${dialect.uuidText(sql.ref("o.ecs_id"))} from ${dialect.table("version")} as o where o.vid = ${sql.ref(key)}) as text) || '"', 'null')`;
  const values = [
    text(sql.ref("v.schema_version")),
    idOf("v.parent_vid"),
    idOf("v.merge_parent_vid"),
    ...["c.redacted", "v.holds_nothing", "v.chain", "v.seq", "c.parent_chain", "c.fork_seq"].map((column) => text(sql.ref(column))),
  ];
  return sql<string>`case when v.schema_version = 1 and v.parent_vid is null and v.merge_parent_vid is null and v.holds_nothing is not null and c.redacted is null
    then null else '[' || ${sql.join(values, sql` || ',' || `)} || ']' end`;
}

function payload(dialect: SqlDialect): RawBuilder<string> {
  return sql<string>`case when v.payload_of is null then v.payload
    else (select o.payload from ${dialect.table("version")} as o where o.vid = v.payload_of) end`;
}

function readColumns({
  uuids: [ecsIds = [], lineageIds = []],
  values: [vids, commits, types, details],
  content,
}: Gathered): VersionColumns {
  return {
    ecsIds,
    lineageIds,
    vids: readNumbers(vids),
    commits: readNumbers(commits),
    types: readTexts(types),
    details: readDetails(details),
    payloads: readPayloads(content, ecsIds),
  };
}

function readNumbers(list = "[]"): number[] {
  return JSON.parse(list);
}

function readTexts(list = "[]"): string[] {
  return JSON.parse(list);
}

function readDetails(list = "[]"): (VersionDetails | null)[] {
  return JSON.parse(list);
}

function readPayloads(list: string, ecsIds: readonly string[]): (Payload | null)[] {
  try {
    const payloads: (Payload | null)[] = JSON.parse(list);
    if (payloads.length === ecsIds.length) return payloads;
  } catch {
    // What the parser says of it may quote the payload.
  }
  const among = ecsIds.length === 1 ? `The payload of version ${ecsIds[0]}` : `Among versions ${ecsIds[0]} to ${ecsIds.at(-1)} a payload`;
  throw new StorageError("corrupt", `${among} is no JSON: the store is damaged, verify it`);
}
