import { compareText, type Payload, StorageError, type StoredEdge, type StoredVersion, type VersionHeader } from "@minference/ecs";
import type { SqlDialect } from "../query/dialect.ts";
import type { Statements } from "../query/statements.ts";
import type { Work } from "../query/work.ts";
import type { HeaderRow } from "./header-query.ts";
import type { EdgeRow, ReadStatements, VersionRow } from "./read-statements.ts";

/** A filled slot before its child's id is known. */
interface Slot {
  readonly field: string;
  readonly slot: string;
  readonly child: number;
}

/** Reads versions and all they reach, two statements a level. */
export function* loadTrees(dialect: SqlDialect, statements: ReadStatements, ecsIds: readonly string[]): Work<readonly StoredVersion[]> {
  const versions = new Map<number, VersionRow>();
  const slots = new Map<number, readonly Slot[]>();
  let level = yield* statements.versionsById(ecsIds);
  while (level.length > 0) {
    for (const row of level) versions.set(row.vid, row);
    const missing = new Set<number>();
    for (const [vid, filled] of yield* readSlots(statements, level)) {
      slots.set(vid, filled);
      for (const { child } of filled) if (!versions.has(child)) missing.add(child);
    }
    level = missing.size === 0 ? [] : yield* statements.versionsByVid([...missing]);
  }
  const ids = new Map<number, string>();
  for (const [vid, { ecs_id }] of versions) ids.set(vid, dialect.readUuid(ecs_id));
  return [...versions.values()].map((row) => readVersion(dialect, row, slots.get(row.vid) ?? [], ids));
}

/** Reads versions with their edges alone. */
export function* loadVersions(dialect: SqlDialect, statements: ReadStatements, ecsIds: readonly string[]): Work<readonly StoredVersion[]> {
  const rows = yield* statements.versionsById(ecsIds);
  if (rows.length === 0) return [];
  const slots = yield* readSlots(statements, rows);
  const children = new Set<number>();
  for (const filled of slots.values()) for (const { child } of filled) children.add(child);
  const ids = new Map<number, string>();
  if (children.size > 0) for (const { vid, id } of yield* statements.ids([...children])) ids.set(vid, dialect.readUuid(id));
  return rows.map((row) => readVersion(dialect, row, slots.get(row.vid) ?? [], ids));
}

/** Reads the headers of what versions hold, in the order of their slots. */
export function* loadChildren(statements: Statements, ecsIds: readonly string[]): Work<readonly HeaderRow[]> {
  const slots = yield* readSlots(statements.read, yield* statements.read.versionsById(ecsIds));
  const children = new Set([...slots.values()].flatMap((filled) => filled.map(({ child }) => child)));
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

function readVersion(dialect: SqlDialect, row: VersionRow, slots: readonly Slot[], ids: ReadonlyMap<number, string>): StoredVersion {
  const payload: Payload = JSON.parse(row.payload);
  const edges = slots.map(({ field, slot, child }): StoredEdge => ({ field, slot, child: ids.get(child) ?? missingChild(child) }));
  return { ...readHeader(dialect, row), payload, edges };
}

function missingChild(vid: number): never {
  throw new StorageError("corrupt", `An edge leads to version ${vid}, which does not exist: the store is damaged, verify it`);
}

/** Finds the filled slots of versions, ordered: the nearest chain's counts, and one without child hides what is inherited. */
function* readSlots(statements: ReadStatements, versions: readonly VersionRow[]): Work<ReadonlyMap<number, readonly Slot[]>> {
  if (versions.length === 0) return new Map();
  const positions: number[][] = [];
  const branched = new Set<number>();
  for (const { vid, chain, seq, parent_chain, fork_seq } of versions) {
    positions.push([vid, chain, seq, 0]);
    if (parent_chain === null || fork_seq === null) continue;
    positions.push([vid, parent_chain, fork_seq, 1]);
    branched.add(vid);
  }
  const found = new Map<number, EdgeRow[]>();
  for (const row of yield* statements.edges(positions)) {
    const rows = found.get(row.root);
    if (rows === undefined) found.set(row.root, [row]);
    else rows.push(row);
  }
  const slots = new Map<number, readonly Slot[]>();
  for (const [vid, rows] of found) slots.set(vid, filledSlots(branched.has(vid) ? nearest(rows) : rows));
  return slots;
}

/** Finds the children of the slots that are filled at a position of a chain, by field and slot joined with NUL. */
export function* slotsAt(statements: ReadStatements, chain: number, seq: number): Work<ReadonlyMap<string, number>> {
  const rows = yield* statements.edges([[0, chain, seq, 1]]);
  return new Map(filledSlots(nearest(rows)).map(({ field, slot, child }) => [`${field}\u0000${slot}`, child]));
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

function filledSlots(rows: readonly EdgeRow[]): Slot[] {
  const filled: Slot[] = [];
  for (const { field, slot, child_vid } of rows) if (child_vid !== null) filled.push({ field, slot, child: child_vid });
  return filled.toSorted((a, b) => compareText(a.field, b.field) || compareText(a.slot, b.slot));
}
