import { type Payload, StorageError } from "@minference/ecs";
import { type RawBuilder, sql } from "kysely";
import type { SqlDialect } from "../query/dialect.ts";
import { compileLists, type Work } from "../query/work.ts";

/** What a version has besides its content and that not every version has. */
export interface VersionDetails {
  readonly schemaVersion: number;
  readonly parentId: string | null;
  readonly mergeParentId: string | null;
  readonly isRedacted: boolean;
  readonly holdsNothing: boolean;
  readonly chain: number;
  readonly seq: number;
  readonly parentChain: number | null;
  readonly forkSeq: number | null;
}

/** Versions, a list a column. */
export interface VersionColumns {
  readonly ecsIds: readonly string[];
  readonly lineageIds: readonly string[];
  readonly vids: readonly number[];
  /** The row ids of their commits. */
  readonly commits: readonly number[];
  readonly types: readonly string[];
  /** By row id, of those that are not of the first schema version, without parents, holding nothing and not redacted. */
  readonly details: ReadonlyMap<number, VersionDetails>;
  /** `null` where it has to be read alone. */
  readonly payloads: readonly (Payload | null)[];
}

/** Reads the versions of some keys, in lists of some each. */
export type VersionQuery<Key> = (keys: readonly Key[]) => Work<readonly VersionColumns[]>;

/** The columns of some versions, each as JSON or as the dialect writes UUIDs; `null` where there are none. */
interface ListsRow {
  readonly ecs_ids: string | null;
  readonly lineage_ids: string | null;
  readonly vids: string | null;
  readonly commits: string | null;
  readonly types: string | null;
  readonly details: string | null;
  readonly payloads: string | null;
}

type DetailsRow = readonly [
  vid: number,
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

/** So many versions are read by one statement, while those before them are taken over. */
const listLength = 1_000;

/**
 * Compiles a query of versions with their contents. It is what large trees are read with: a version costs no look-up but that of its
 * chain, and of what it does have: a parent, or a payload that it shares; and no row, since handing one over costs more than to find it.
 */
export function versionQuery<Key extends string | number>(dialect: SqlDialect, key: "v.vid" | "v.ecs_id"): VersionQuery<Key> {
  const details = sql`v.schema_version <> 1 or v.parent_vid is not null or v.merge_parent_vid is not null or v.holds_nothing is null or c.redacted is not null`;
  const lists: Readonly<Record<keyof ListsRow, RawBuilder<string>>> = {
    ecs_ids: dialect.uuidList(sql.ref("v.ecs_id")),
    lineage_ids: dialect.uuidList(sql.ref("c.lineage_id")),
    vids: dialect.jsonList(sql.ref("v.vid")),
    commits: dialect.jsonList(sql.ref("v.commit_id")),
    types: dialect.jsonList(sql.ref("c.type")),
    details: dialect.tupleList(detailsOf(dialect), details),
    payloads: dialect.payloadList(payload(dialect)),
  };
  const selected = Object.entries(lists).map(([name, list]) => sql`${list} as ${sql.ref(name)}`);
  const among = dialect.versionsAmong(key, (keys: readonly Key[]) => keys);
  const name = key === "v.vid" ? "versions_by_vid" : "versions_by_id";
  return compileLists<Key, ListsRow, VersionColumns>(
    name,
    listLength,
    { compile: () => sql<ListsRow>`select ${sql.join(selected)} ${among}`.compile(dialect.builder) },
    (row) => readColumns(dialect, row),
  );
}

function detailsOf(dialect: SqlDialect): RawBuilder<unknown>[] {
  const idOf = (key: string) =>
    sql`(select ${dialect.uuidText(sql.ref("o.ecs_id"))} from ${dialect.table("version")} as o where o.vid = ${sql.ref(key)})`;
  const columns = ["c.redacted", "v.holds_nothing", "v.chain", "v.seq", "c.parent_chain", "c.fork_seq"];
  return [
    sql.ref("v.vid"),
    sql.ref("v.schema_version"),
    idOf("v.parent_vid"),
    idOf("v.merge_parent_vid"),
    ...columns.map((column) => sql.ref(column)),
  ];
}

function payload(dialect: SqlDialect): RawBuilder<string> {
  return sql<string>`case when v.payload_of is null then v.payload
    else (select o.payload from ${dialect.table("version")} as o where o.vid = v.payload_of) end`;
}

function readColumns(dialect: SqlDialect, row: ListsRow): VersionColumns {
  const ecsIds = dialect.readUuidList(row.ecs_ids);
  return {
    ecsIds,
    lineageIds: dialect.readUuidList(row.lineage_ids),
    vids: readNumbers(row.vids),
    commits: readNumbers(row.commits),
    types: readTexts(row.types),
    details: readDetails(dialect, row.details),
    payloads: readPayloads(row.payloads, ecsIds),
  };
}

function readNumbers(list: string | null): number[] {
  return JSON.parse(list ?? "[]");
}

function readTexts(list: string | null): string[] {
  return JSON.parse(list ?? "[]");
}

function readDetails(dialect: SqlDialect, list: string | null): ReadonlyMap<number, VersionDetails> {
  const rows: DetailsRow[] = JSON.parse(list ?? "[]");
  const readId = (text: string | null) => (text === null ? null : dialect.readUuid(text));
  return new Map(
    rows.map(([vid, schemaVersion, parentId, mergeParentId, redacted, holdsNothing, chain, seq, parentChain, forkSeq]) => [
      vid,
      {
        schemaVersion,
        parentId: readId(parentId),
        mergeParentId: readId(mergeParentId),
        isRedacted: redacted !== null,
        holdsNothing: holdsNothing !== null,
        chain,
        seq,
        parentChain,
        forkSeq,
      },
    ]),
  );
}

function readPayloads(list: string | null, ecsIds: readonly string[]): (Payload | null)[] {
  try {
    const payloads: (Payload | null)[] = JSON.parse(list ?? "[]");
    if (payloads.length === ecsIds.length) return payloads;
  } catch {
    // What the parser says of it may quote the payload.
  }
  const among = ecsIds.length === 1 ? `The payload of version ${ecsIds[0]}` : `Among versions ${ecsIds[0]} to ${ecsIds.at(-1)} a payload`;
  throw new StorageError("corrupt", `${among} is no JSON: the store is damaged, verify it`);
}
