import { type Payload, StorageError } from "@minference/ecs";
import { type RawBuilder, sql } from "kysely";
import type { SqlDialect } from "../query/dialect.ts";
import { compileLists, type Work } from "../query/work.ts";
import { readNumbers, readSameTexts } from "./json-lists.ts";

/** What a version has besides its content and that not every version has. */
export interface VersionDetails {
  readonly schemaVersion: number;
  readonly parentId: string | null;
  readonly mergeParentId: string | null;
  readonly holdsNothing: boolean;
  readonly chain: number;
  readonly seq: number;
}

/** What a chain has that not every chain has. */
export interface ChainDetails {
  readonly isRedacted: boolean;
  readonly parentChain: number | null;
  readonly forkSeq: number | null;
}

/** Versions, a list a column. */
export interface VersionColumns {
  readonly ecsIds: readonly string[];
  readonly vids: readonly number[];
  readonly chains: readonly number[];
  /** The row ids of their commits. */
  readonly commits: readonly number[];
  /** `null` where it has to be read alone. */
  readonly payloads: readonly (Payload | null)[];
  /** By row id, of those that are not of the first schema version, without parents and holding nothing. */
  readonly details: ReadonlyMap<number, VersionDetails>;
  readonly lineageIds: readonly string[];
  readonly types: readonly string[];
  /** By row id, of chains that are branches or were redacted. */
  readonly chainDetails: ReadonlyMap<number, ChainDetails>;
}

/** Reads the versions of some keys, in lists of some each. */
export type VersionQuery<Key> = (keys: readonly Key[]) => Work<readonly VersionColumns[]>;

/** The columns of some versions, as the dialect gathers them; `null` where there are none. */
interface VersionLists {
  readonly ecs_ids: string | null;
  readonly vids: string | null;
  readonly chains: string | null;
  readonly commits: string | null;
  readonly details: string | null;
  readonly payloads: string | null;
}

/** The columns of their chains. */
interface ChainLists {
  /** `null` where the chains come in the order of the versions. */
  readonly chain_ids: string | null;
  readonly lineage_ids: string | null;
  readonly types: string | null;
  readonly chain_details: string | null;
}

type ListsRow = VersionLists & ChainLists;

type DetailsRow = readonly [
  vid: number,
  schemaVersion: number,
  parentId: string | null,
  mergeParentId: string | null,
  holdsNothing: number | null,
  chain: number,
  seq: number,
];

type ChainDetailsRow = readonly [id: number, redacted: number | null, parentChain: number | null, forkSeq: number | null];

/**
 * Compiles a query of versions with their contents. It is what large trees are read with: a version costs no look-up but that of its
 * chain, and of what it does have: a parent, or a payload that it shares; and no row, since handing one over costs more than to find it.
 */
export function versionQuery<Key extends string | number>(dialect: SqlDialect, key: "v.vid" | "v.ecs_id"): VersionQuery<Key> {
  const hasDetails = sql`v.schema_version <> 1 or v.parent_vid is not null or v.merge_parent_vid is not null or v.holds_nothing is null`;
  const ofVersions: Readonly<Record<keyof VersionLists, RawBuilder<string>>> = {
    ecs_ids: dialect.uuidList(sql.ref("v.ecs_id")),
    vids: dialect.numberList(sql.ref("v.vid")),
    chains: dialect.numberList(sql.ref("v.chain")),
    commits: dialect.numberList(sql.ref("v.commit_id")),
    details: dialect.tupleList(details(dialect), hasDetails),
    payloads: dialect.contentList(payload(dialect)),
  };
  const ofChains: Readonly<Record<keyof ChainLists, RawBuilder<string>>> = {
    chain_ids: dialect.numberList(sql.ref("c.id")),
    lineage_ids: dialect.uuidList(sql.ref("c.lineage_id")),
    types: dialect.jsonList(sql.ref("c.type")),
    chain_details: dialect.tupleList(
      ["c.id", "c.redacted", "c.parent_chain", "c.fork_seq"].map((column) => sql.ref(column)),
      sql`c.redacted is not null or c.parent_chain is not null`,
    ),
  };
  const query = dialect.gather<ListsRow>(ofVersions, ofChains, key, (keys: readonly Key[]) => keys);
  return compileLists<Key, ListsRow, VersionColumns>(
    key === "v.vid" ? "versions_by_vid" : "versions_by_id",
    dialect.gathered,
    { compile: () => query.compile(dialect.builder) },
    (row) => readColumns(dialect, row),
  );
}

function details(dialect: SqlDialect): RawBuilder<unknown>[] {
  const idOf = (key: string) =>
    sql`(select ${dialect.uuidText(sql.ref("o.ecs_id"))} from ${dialect.table("version")} as o where o.vid = ${sql.ref(key)})`;
  const ids = [idOf("v.parent_vid"), idOf("v.merge_parent_vid")];
  return [sql.ref("v.vid"), sql.ref("v.schema_version"), ...ids, sql.ref("v.holds_nothing"), sql.ref("v.chain"), sql.ref("v.seq")];
}

function payload(dialect: SqlDialect): RawBuilder<unknown> {
  const [own, shared] = [sql.ref("v.payload"), sql.ref("o.payload")].map((column) => dialect.shortPayload(column));
  return sql`case when v.payload_of is null then ${own}
    else coalesce((select ${shared} from ${dialect.table("version")} as o where o.vid = v.payload_of), 'null') end`;
}

function readColumns(dialect: SqlDialect, row: ListsRow): VersionColumns {
  const ecsIds = dialect.readUuidList(row.ecs_ids);
  const chains = readNumbers(row.chains);
  const places = row.chain_ids === null ? null : placesOf(chains, readNumbers(row.chain_ids));
  return {
    ecsIds,
    vids: readNumbers(row.vids),
    chains,
    commits: readNumbers(row.commits),
    payloads: readPayloads(row.payloads, ecsIds),
    details: readDetails(dialect, row.details),
    lineageIds: arranged(dialect.readUuidList(row.lineage_ids), places),
    types: arranged(readSameTexts(row.types), places),
    chainDetails: readChainDetails(row.chain_details),
  };
}

/** Where among the chains that were read those of the versions stand; `null` where they are the same, which is so for most. */
function placesOf(chains: readonly number[], read: readonly number[]): readonly number[] | null {
  if (chains.length === read.length && chains.every((chain, index) => chain === read[index])) return null;
  const places = new Map(read.map((id, index) => [id, index]));
  return chains.map((chain) => places.get(chain) ?? missing(`Chain ${chain}`));
}

function arranged(values: readonly string[], places: readonly number[] | null): readonly string[] {
  return places === null ? values : places.map((place) => values[place] ?? "");
}

/** Says that something is not stored which is referred to. */
export function missing(what: string): never {
  throw new StorageError("corrupt", `${what} does not exist: the store is damaged, verify it`);
}

function readDetails(dialect: SqlDialect, list: string | null): ReadonlyMap<number, VersionDetails> {
  const rows: DetailsRow[] = JSON.parse(list ?? "[]");
  const readId = (text: string | null) => (text === null ? null : dialect.readUuid(text));
  return new Map(
    rows.map(([vid, schemaVersion, parentId, mergeParentId, holdsNothing, chain, seq]) => [
      vid,
      {
        schemaVersion,
        parentId: readId(parentId),
        mergeParentId: readId(mergeParentId),
        holdsNothing: holdsNothing !== null,
        chain,
        seq,
      },
    ]),
  );
}

function readChainDetails(list: string | null): ReadonlyMap<number, ChainDetails> {
  const rows: ChainDetailsRow[] = JSON.parse(list ?? "[]");
  return new Map(rows.map(([id, redacted, parentChain, forkSeq]) => [id, { isRedacted: redacted !== null, parentChain, forkSeq }]));
}

function readPayloads(list: string | null, ecsIds: readonly string[]): (Payload | null)[] {
  try {
    const payloads: (Payload | null)[] = JSON.parse(`[${list ?? ""}]`);
    if (payloads.length === ecsIds.length) return payloads;
  } catch {
    // What the parser says of it may quote the payload.
  }
  const among = ecsIds.length === 1 ? `The payload of version ${ecsIds[0]}` : `Among versions ${ecsIds[0]} to ${ecsIds.at(-1)} a payload`;
  throw new StorageError("corrupt", `${among} is no JSON: the store is damaged, verify it`);
}
