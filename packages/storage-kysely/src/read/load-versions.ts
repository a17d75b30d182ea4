import { compareText, type Payload, StorageError, type StoredEdge, type StoredVersion, type VersionHeader } from "@minference/ecs";
import type { SqlDialect } from "../query/dialect.ts";
import type { Statements } from "../query/statements.ts";
import type { Work } from "../query/work.ts";
import type { HeaderRow } from "./header-query.ts";
import type { EdgeRow, ReadStatements } from "./read-statements.ts";
import type { VersionColumns } from "./version-query.ts";

/** A slot with a child. */
type FilledRow = EdgeRow & { readonly child_vid: number };

/** Reads versions and all they reach: two statements a level, the edges of those that have none left out, and one for their commits. */
export function* loadTrees(dialect: SqlDialect, statements: ReadStatements, ecsIds: readonly string[]): Work<readonly StoredVersion[]> {
  const found = new FoundVersions();
  let level = yield* statements.versionsById(ecsIds);
  while (level.length > 0) {
    found.add(level, yield* readSlots(statements, level));
    const missing = found.takeUnknownChildren();
    level = missing.length === 0 ? [] : yield* statements.versionsByVid(missing);
  }
  return yield* readVersions(dialect, statements, found);
}

/** Reads versions with their edges alone. */
export function* loadVersions(dialect: SqlDialect, statements: ReadStatements, ecsIds: readonly string[]): Work<readonly StoredVersion[]> {
  const found = new FoundVersions();
  const level = yield* statements.versionsById(ecsIds);
  found.add(level, yield* readSlots(statements, level));
  const children = found.takeUnknownChildren();
  if (children.length > 0) for (const { vid, id } of yield* statements.ids(children)) found.ids.set(vid, dialect.readUuid(id));
  return yield* readVersions(dialect, statements, found);
}

/** Reads the headers of what versions hold, in the order of their slots. */
export function* loadChildren(statements: Statements, ecsIds: readonly string[]): Work<readonly HeaderRow[]> {
  const slots = yield* readSlots(statements.read, yield* statements.read.versionsById(ecsIds));
  const children = new Set([...slots.values()].flatMap((filled) => filled.map(({ child_vid }) => child_vid)));
  if (children.size === 0) return [];
  const rows = new Map((yield* statements.relations.headersByVid([...children])).map((row) => [row.vid, row]));
  return [...children].flatMap((vid) => rows.get(vid) ?? []);
}

/** What was read of a tree so far. */
class FoundVersions {
  readonly columns: VersionColumns[] = [];
  readonly slots = new Map<number, readonly FilledRow[]>();
  readonly ids = new Map<number, string>();
  readonly #unknown = new Set<number>();

  add(level: readonly VersionColumns[], slots: ReadonlyMap<number, readonly FilledRow[]>): void {
    for (const columns of level) {
      this.columns.push(columns);
      const { vids, ecsIds } = columns;
      for (let index = 0; index < vids.length; index += 1) this.ids.set(vids[index] ?? 0, ecsIds[index] ?? "");
    }
    for (const [vid, filled] of slots) {
      this.slots.set(vid, filled);
      for (const { child_vid } of filled) this.#unknown.add(child_vid);
    }
  }

  /** The children that were not read yet, each once. */
  takeUnknownChildren(): number[] {
    const unknown = [...this.#unknown].filter((vid) => !this.ids.has(vid));
    this.#unknown.clear();
    return unknown;
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
function* readVersions(
  dialect: SqlDialect,
  statements: ReadStatements,
  { columns, slots, ids }: FoundVersions,
): Work<readonly StoredVersion[]> {
  if (columns.length === 0) return [];
  const commits = new Map<number, Pick<StoredVersion, "commitId" | "createdAt">>();
  for (const { id, commit_id, created_at } of yield* statements.commits([...new Set(columns.flatMap((some) => some.commits))])) {
    commits.set(id, { commitId: dialect.readUuid(commit_id), createdAt: new Date(created_at) });
  }
  const payloads = yield* readLongPayloads(statements, columns);
  const edgesOf = (filled: readonly FilledRow[]) =>
    filled.map(
      ({ field, slot, child_vid }): StoredEdge => ({
        field,
        slot,
        child: ids.get(child_vid) ?? missing(`Version ${child_vid} at the end of an edge`),
      }),
    );
  const versions: StoredVersion[] = [];
  for (const { vids, ecsIds, lineageIds, types, details, commits: commitOf, payloads: short } of columns) {
    for (let index = 0; index < vids.length; index += 1) {
      const vid = vids[index] ?? 0;
      const some = details[index] ?? null;
      const commit = commits.get(commitOf[index] ?? 0) ?? missing(`The commit of version ${vid}`);
      const filled = some === null ? undefined : slots.get(vid);
      versions.push({
        ecsId: ecsIds[index] ?? "",
        lineageId: lineageIds[index] ?? "",
        type: types[index] ?? "",
        schemaVersion: some === null ? 1 : some[0],
        parentId: readId(dialect, some === null ? null : some[1]),
        mergeParentId: readId(dialect, some === null ? null : some[2]),
        createdAt: commit.createdAt,
        commitId: commit.commitId,
        redacted: some !== null && some[3] !== null,
        payload: short[index] ?? payloads.get(vid) ?? missing(`The payload of version ${ecsIds[index]}`),
        edges: filled === undefined ? noEdges : edgesOf(filled),
      });
    }
  }
  return versions;
}

function readId(dialect: SqlDialect, text: string | null): string | null {
  return text === null ? null : dialect.readUuid(text);
}

function* readLongPayloads(statements: ReadStatements, columns: readonly VersionColumns[]): Work<ReadonlyMap<number, Payload>> {
  const vids = columns.flatMap((some) => some.vids.filter((_, index) => some.payloads[index] === null));
  const payloads = new Map<number, Payload>();
  if (vids.length > 0) {
    for (const { vid, payload } of yield* statements.payloads(vids)) if (payload !== null) payloads.set(vid, JSON.parse(payload));
  }
  return payloads;
}

function missing(what: string): never {
  throw new StorageError("corrupt", `${what} does not exist: the store is damaged, verify it`);
}

/** Finds the filled slots of versions, ordered: the nearest chain's counts, and one without child hides what is inherited. */
function* readSlots(statements: ReadStatements, level: readonly VersionColumns[]): Work<ReadonlyMap<number, readonly FilledRow[]>> {
  const positions: number[][] = [];
  const branched = new Set<number>();
  for (const { vids, details } of level) {
    for (let index = 0; index < vids.length; index += 1) {
      const vid = vids[index] ?? 0;
      const some = details[index] ?? null;
      if (some === null) continue;
      const [, , , , holdsNothing, chain, seq, parentChain, forkSeq] = some;
      if (holdsNothing !== null) continue;
      positions.push([vid, chain, seq, 0]);
      if (parentChain === null || forkSeq === null) continue;
      positions.push([vid, parentChain, forkSeq, 1]);
      branched.add(vid);
    }
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
  return rows.filter(isFilled).toSorted((a, b) => compareText(a.field, b.field) || compareText(a.slot, b.slot));
}

function isFilled(row: EdgeRow): row is FilledRow {
  return row.child_vid !== null;
}
