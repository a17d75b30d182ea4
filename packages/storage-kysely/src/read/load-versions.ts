import type { Payload, StoredEdge, StoredVersion, VersionHeader } from "@minference/ecs";
import type { SqlDialect } from "../query/dialect.ts";
import type { Statements } from "../query/statements.ts";
import type { Work } from "../query/work.ts";
import type { HeaderRow } from "./header-query.ts";
import type { ReadStatements } from "./read-statements.ts";
import { type FilledSlots, readSlots, type SlotPosition } from "./read-slots.ts";
import { missing, type VersionColumns } from "./version-query.ts";

/** Reads versions and all they reach: two statements a level, the edges of those that have none left out, and one for their commits. */
export function* loadTrees(dialect: SqlDialect, statements: ReadStatements, ecsIds: readonly string[]): Work<readonly StoredVersion[]> {
  const found = new FoundVersions();
  let level = yield* statements.versionsById(ecsIds);
  while (level.length > 0) {
    found.add(level, yield* readSlots(statements, positionsOf(level)));
    const missing = found.takeUnknownChildren();
    level = missing.length === 0 ? [] : yield* statements.versionsByVid(missing);
  }
  return yield* readVersions(dialect, statements, found);
}

/** Reads versions with their edges alone. */
export function* loadVersions(dialect: SqlDialect, statements: ReadStatements, ecsIds: readonly string[]): Work<readonly StoredVersion[]> {
  const found = new FoundVersions();
  const level = yield* statements.versionsById(ecsIds);
  found.add(level, yield* readSlots(statements, positionsOf(level)));
  const children = found.takeUnknownChildren();
  if (children.length > 0) for (const { vid, id } of yield* statements.ids(children)) found.ids.set(vid, dialect.readUuid(id));
  return yield* readVersions(dialect, statements, found);
}

/** Reads the headers of what versions hold, in the order of their slots. */
export function* loadChildren(statements: Statements, ecsIds: readonly string[]): Work<readonly HeaderRow[]> {
  const level = yield* statements.read.versionsById(ecsIds);
  const slots = yield* readSlots(statements.read, positionsOf(level));
  const children = new Set([...slots.values()].flatMap((fields) => fields.flatMap((filled) => filled.children)));
  if (children.size === 0) return [];
  const rows = new Map((yield* statements.relations.headersByVid([...children])).map((row) => [row.vid, row]));
  return [...children].flatMap((vid) => rows.get(vid) ?? []);
}

/** What was read of a tree so far. */
class FoundVersions {
  readonly columns: VersionColumns[] = [];
  readonly slots = new Map<number, readonly FilledSlots[]>();
  /** By row id; `null` of versions at the ends of edges that were not read yet. */
  readonly ids = new Map<number, string | null>();
  #unknown: number[] = [];

  add(level: readonly VersionColumns[], slots: ReadonlyMap<number, readonly FilledSlots[]>): void {
    for (const columns of level) {
      this.columns.push(columns);
      const { vids, ecsIds } = columns;
      for (let index = 0; index < vids.length; index += 1) this.ids.set(vids[index] ?? 0, ecsIds[index] ?? "");
    }
    for (const [vid, fields] of slots) {
      this.slots.set(vid, fields);
      for (const { children } of fields) {
        for (const child of children) {
          if (this.ids.has(child)) continue;
          this.ids.set(child, null);
          this.#unknown.push(child);
        }
      }
    }
  }

  /** The children that were not read yet, each once. */
  takeUnknownChildren(): readonly number[] {
    const unknown = this.#unknown;
    this.#unknown = [];
    return unknown;
  }

  edgesOf(vid: number): readonly StoredEdge[] {
    const edges: StoredEdge[] = [];
    for (const { field, slots, children } of this.slots.get(vid) ?? []) {
      for (let index = 0; index < children.length; index += 1) {
        const child = children[index] ?? 0;
        const id = this.ids.get(child) ?? missing(`Version ${child} at the end of an edge`);
        edges.push({ field, slot: slots[index] ?? "", child: id });
      }
    }
    return edges;
  }
}

/** Turns a row into a header. */
export function readHeader(dialect: SqlDialect, row: HeaderRow): VersionHeader {
  return {
    ecsId: dialect.readUuid(row.ecs_id),
    lineageId: dialect.readUuid(row.lineage_id),
    type: row.type,
    schemaVersion: row.schema_version,
    parentId: row.parent_id === null ? null : dialect.readUuid(row.parent_id),
    mergeParentId: row.merge_parent_id === null ? null : dialect.readUuid(row.merge_parent_id),
    createdAt: new Date(row.created_at),
    commitId: dialect.readUuid(row.commit_id),
    redacted: row.redacted !== null,
  };
}

const noEdges: readonly StoredEdge[] = Object.freeze([]);

/** Makes versions of columns; those of one commit share what is known of it. */
function* readVersions(dialect: SqlDialect, statements: ReadStatements, found: FoundVersions): Work<readonly StoredVersion[]> {
  const { columns } = found;
  if (columns.length === 0) return [];
  const commitIds = new Set<number>();
  for (const some of columns) for (const id of some.commits) commitIds.add(id);
  const commits = new Map<number, Pick<StoredVersion, "commitId" | "createdAt">>();
  for (const { id, commit_id, created_at } of yield* statements.commits([...commitIds])) {
    commits.set(id, { commitId: dialect.readUuid(commit_id), createdAt: new Date(created_at) });
  }
  const payloads = yield* readLongPayloads(statements, columns);
  const versions: StoredVersion[] = [];
  for (const { vids, ecsIds, chains, lineageIds, types, details, chainDetails, commits: commitOf, payloads: short } of columns) {
    for (let index = 0; index < vids.length; index += 1) {
      const vid = vids[index] ?? 0;
      const some = details.size === 0 ? undefined : details.get(vid);
      const commit = commits.get(commitOf[index] ?? 0) ?? missing(`The commit of version ${vid}`);
      versions.push({
        ecsId: ecsIds[index] ?? "",
        lineageId: lineageIds[index] ?? "",
        type: types[index] ?? "",
        schemaVersion: some === undefined ? 1 : some.schemaVersion,
        parentId: some === undefined ? null : some.parentId,
        mergeParentId: some === undefined ? null : some.mergeParentId,
        createdAt: commit.createdAt,
        commitId: commit.commitId,
        redacted: chainDetails.size > 0 && chainDetails.get(chains[index] ?? 0)?.isRedacted === true,
        payload: short[index] ?? payloads.get(vid) ?? missing(`The payload of version ${ecsIds[index]}`),
        edges: some === undefined || some.holdsNothing ? noEdges : found.edgesOf(vid),
      });
    }
  }
  return versions;
}

function* readLongPayloads(statements: ReadStatements, columns: readonly VersionColumns[]): Work<ReadonlyMap<number, Payload>> {
  const vids = columns.flatMap((some) =>
    some.payloads.includes(null) ? some.vids.filter((_, index) => some.payloads[index] === null) : [],
  );
  const payloads = new Map<number, Payload>();
  if (vids.length > 0) {
    for (const { vid, payload } of yield* statements.payloads(vids)) if (payload !== null) payloads.set(vid, JSON.parse(payload));
  }
  return payloads;
}

/** Where the slots of versions are found that may have some. */
function positionsOf(level: readonly VersionColumns[]): SlotPosition[] {
  const positions: SlotPosition[] = [];
  for (const { details, chainDetails } of level) {
    for (const [root, { holdsNothing, chain, seq }] of details) {
      if (holdsNothing) continue;
      positions.push({ root, chain, seq, depth: 0 });
      const { parentChain, forkSeq } = chainDetails.get(chain) ?? { parentChain: null, forkSeq: null };
      if (parentChain !== null && forkSeq !== null) positions.push({ root, chain: parentChain, seq: forkSeq, depth: 1 });
    }
  }
  return positions;
}

/** Finds the children of the slots that are filled at a position of a chain, by field and slot joined with NUL. */
export function* slotsAt(statements: ReadStatements, chain: number, seq: number): Work<ReadonlyMap<string, number>> {
  const fields = (yield* readSlots(statements, [{ root: 0, chain, seq, depth: 1 }])).get(0) ?? [];
  return new Map(
    fields.flatMap(({ field, slots, children }) =>
      children.map((child, index): [string, number] => [`${field}\u0000${slots[index]}`, child]),
    ),
  );
}
