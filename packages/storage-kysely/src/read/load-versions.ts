import { compareText, type Payload, StorageError, type StoredEdge, type StoredVersion, type VersionHeader } from "@minference/ecs";
import type { SqlDialect } from "../query/dialect.ts";
import type { Statements } from "../query/statements.ts";
import type { Work } from "../query/work.ts";
import type { HeaderRow } from "./header-query.ts";
import type { EdgeRow, ReadStatements, VersionRow } from "./read-statements.ts";

/** A slot with a child. */
type FilledRow = EdgeRow & { readonly child_vid: number };

/** Reads versions and all they reach: two statements a level, the edges of those that have none left out, and one for their commits. */
export function* loadTrees(dialect: SqlDialect, statements: ReadStatements, ecsIds: readonly string[]): Work<readonly StoredVersion[]> {
  const versions = new Map<number, VersionRow>();
  const slots = new Map<number, readonly FilledRow[]>();
  let level = yield* statements.versionsById(ecsIds);
  while (level.length > 0) {
    for (const row of level) versions.set(row.vid, row);
    const missing = new Set<number>();
    for (const [vid, filled] of yield* readSlots(statements, level)) {
      slots.set(vid, filled);
      for (const { child_vid } of filled) if (!versions.has(child_vid)) missing.add(child_vid);
    }
    level = missing.size === 0 ? [] : yield* statements.versionsByVid([...missing]);
  }
  const ids = new Map<number, string>();
  for (const [vid, { ecs_id }] of versions) ids.set(vid, dialect.readUuid(ecs_id));
  return yield* readVersions(dialect, statements, [...versions.values()], slots, ids);
}

/** Reads versions with their edges alone. */
export function* loadVersions(dialect: SqlDialect, statements: ReadStatements, ecsIds: readonly string[]): Work<readonly StoredVersion[]> {
  const rows = yield* statements.versionsById(ecsIds);
  const slots = yield* readSlots(statements, rows);
  const ids = new Map<number, string>();
  for (const { vid, ecs_id } of rows) ids.set(vid, dialect.readUuid(ecs_id));
  const children = new Set<number>();
  for (const filled of slots.values()) for (const { child_vid } of filled) if (!ids.has(child_vid)) children.add(child_vid);
  if (children.size > 0) for (const { vid, id } of yield* statements.ids([...children])) ids.set(vid, dialect.readUuid(id));
  return yield* readVersions(dialect, statements, rows, slots, ids);
}

/** Reads the headers of what versions hold, in the order of their slots. */
export function* loadChildren(statements: Statements, ecsIds: readonly string[]): Work<readonly HeaderRow[]> {
  const slots = yield* readSlots(statements.read, yield* statements.read.versionsById(ecsIds));
  const children = new Set([...slots.values()].flatMap((filled) => filled.map(({ child_vid }) => child_vid)));
  if (children.size === 0) return [];
  const rows = new Map((yield* statements.relations.headersByVid([...children])).map((row) => [row.vid, row]));
  return [...children].flatMap((vid) => rows.get(vid) ?? []);
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

/** Turns rows into versions; those of one commit share what is known of it. */
function* readVersions(
  dialect: SqlDialect,
  statements: ReadStatements,
  rows: readonly VersionRow[],
  slots: ReadonlyMap<number, readonly FilledRow[]>,
  ids: ReadonlyMap<number, string>,
): Work<readonly StoredVersion[]> {
  if (rows.length === 0) return [];
  const commits = new Map<number, Pick<StoredVersion, "commitId" | "createdAt">>();
  for (const { id, commit_id, created_at } of yield* statements.commits([...new Set(rows.map(({ commit }) => commit))])) {
    commits.set(id, { commitId: dialect.readUuid(commit_id), createdAt: new Date(created_at) });
  }
  return rows.map((row): StoredVersion => {
    const { vid, ecs_id, lineage_id, parent_id, merge_parent_id } = row;
    const { commitId, createdAt } = commits.get(row.commit) ?? missing(`Commit ${row.commit} of version ${vid}`);
    const payload: Payload = JSON.parse(row.payload);
    return {
      ecsId: ids.get(vid) ?? dialect.readUuid(ecs_id),
      lineageId: dialect.readUuid(lineage_id),
      type: row.type,
      schemaVersion: row.schema_version,
      parentId: parent_id === null ? null : dialect.readUuid(parent_id),
      mergeParentId: merge_parent_id === null ? null : dialect.readUuid(merge_parent_id),
      createdAt,
      commitId,
      redacted: row.redacted !== null,
      payload,
      edges:
        slots.get(vid)?.map(({ field, slot, child_vid }) => ({
          field,
          slot,
          child: ids.get(child_vid) ?? missing(`Version ${child_vid} at the end of an edge`),
        })) ?? noEdges,
    };
  });
}

function missing(what: string): never {
  throw new StorageError("corrupt", `${what} does not exist: the store is damaged, verify it`);
}

/** Finds the filled slots of versions, ordered: the nearest chain's counts, and one without child hides what is inherited. */
function* readSlots(statements: ReadStatements, versions: readonly VersionRow[]): Work<ReadonlyMap<number, readonly FilledRow[]>> {
  const positions: number[][] = [];
  const branched = new Set<number>();
  for (const { vid, chain, seq, parent_chain, fork_seq, holds_nothing } of versions) {
    if (holds_nothing !== null) continue;
    positions.push([vid, chain, seq, 0]);
    if (parent_chain === null || fork_seq === null) continue;
    positions.push([vid, parent_chain, fork_seq, 1]);
    branched.add(vid);
  }
  if (positions.length === 0) return new Map();
  const found = new Map<number, EdgeRow[]>();
  for (const row of yield* statements.edges(positions)) {
    const rows = found.get(row.root);
    if (rows === undefined) found.set(row.root, [row]);
    else rows.push(row);
  }
  const slots = new Map<number, readonly FilledRow[]>();
  for (const [vid, rows] of found) slots.set(vid, filledSlots(branched.has(vid) ? nearest(rows) : rows));
  return slots;
}

/** Finds the children of the slots that are filled at a position of a chain, by field and slot joined with NUL. */
export function* slotsAt(statements: ReadStatements, chain: number, seq: number): Work<ReadonlyMap<string, number>> {
  const rows = yield* statements.edges([[0, chain, seq, 1]]);
  return new Map(filledSlots(nearest(rows)).map(({ field, slot, child_vid }) => [`${field}\u0000${slot}`, child_vid]));
}

function nearest(rows: readonly EdgeRow[]): EdgeRow[] {
  const bySlot = new Map<string, EdgeRow>();
  for (const row of rows) {
    const key = `${row.field}\u0000${row.slot}`;
    const other = bySlot.get(key);
    if (other === undefined || row.depth < other.depth) bySlot.set(key, row);
  }
  return [...bySlot.values()];
}

function filledSlots(rows: readonly EdgeRow[]): FilledRow[] {
  return rows.filter(isFilled).sort((a, b) => compareText(a.field, b.field) || compareText(a.slot, b.slot));
}

function isFilled(row: EdgeRow): row is FilledRow {
  return row.child_vid !== null;
}
