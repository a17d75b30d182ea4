import { StorageError } from "../errors/storage-error.ts";
import { compareText } from "./compare-text.ts";
import type { EntityStorage } from "./entity-storage.ts";
import { type ExportedCommit, type ExportedVersion, writeExport } from "./export-format.ts";
import type { VersionHeader } from "./stored-version.ts";

const batch = 500;

/** What was read anew so often was pruned each time meanwhile. */
const mostAttempts = 5;

/** What is written. */
interface History {
  readonly lineages: ReadonlyMap<string, readonly VersionHeader[]>;
  readonly versions: ReadonlyMap<string, ExportedVersion>;
}

/**
 * Writes a lineage, and every lineage that its versions hold or held or were merged from, as lines of JSON without line feeds: each commit with its
 * versions as changes, each after all it needs, then a checksum over all. What is stored while it runs may be left out.
 * Idempotency keys and tags are the store's own and stay there.
 *
 * @throws {StorageError} `unknown_version` when there is no such lineage; `busy` when it is pruned all the while
 */
export async function* exportHistory(storage: EntityStorage, lineageId: string): AsyncGenerator<string> {
  const history = await readHistory(storage, lineageId);
  const { lineages } = history;
  const redacted = [...lineages].filter(([, versions]) => versions.some((version) => version.redacted)).map(([id]) => id);
  yield* writeExport(lineageId, exportedCommits(storage, history), redacted);
}

/** Reads all versions; anew when some were pruned meanwhile, which leaves others without their parents. */
async function readHistory(storage: EntityStorage, lineageId: string): Promise<History> {
  for (let attempt = 1; attempt <= mostAttempts; attempt += 1) {
    const lineages = await reachedLineages(storage, lineageId);
    const ids = Array.from(lineages.values()).flatMap((headers) => headers.map(({ ecsId }) => ecsId));
    const versions = await readVersions(storage, ids);
    const isWhole = versions.values().every((version) => parentsOf(version).every((parent) => versions.has(parent)));
    if (isWhole && versions.size === ids.length) return { lineages, versions };
  }
  throw new StorageError("busy", `Versions of lineage ${lineageId} were pruned while it was read: export it again`);
}

async function readVersions(storage: EntityStorage, ecsIds: readonly string[]): Promise<Map<string, ExportedVersion>> {
  const versions = new Map<string, ExportedVersion>();
  for (const ids of slices(ecsIds)) {
    for (const { ecsId, lineageId, type, schemaVersion, parentId, mergeParentId, payload, edges } of await storage.loadChanges(ids)) {
      versions.set(ecsId, { ecsId, lineageId, type, schemaVersion, parentId, mergeParentId, payload, edges: [...edges] });
    }
  }
  return versions;
}

function parentsOf({ parentId, mergeParentId }: ExportedVersion): string[] {
  return [parentId, mergeParentId].filter((parent) => parent !== null);
}

/** Finds the lineages that the versions of one hold or were merged from, and those of theirs. */
async function reachedLineages(storage: EntityStorage, lineageId: string): Promise<Map<string, readonly VersionHeader[]>> {
  const lineages = new Map<string, readonly VersionHeader[]>();
  const known = new Set<string>();
  const waiting = [lineageId];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (lineages.has(next)) continue;
    const versions = await storage.lineage(next);
    if (versions.length === 0) throw new StorageError("unknown_version", `Lineage ${next} is not stored`);
    lineages.set(next, versions);
    for (const { ecsId } of versions) known.add(ecsId);
    const children = new Set<string>();
    for (const ids of slices(versions.map(({ ecsId }) => ecsId))) {
      for (const { edges, mergeParentId } of await storage.loadChanges(ids)) {
        for (const { child } of edges) if (child !== null && !known.has(child)) children.add(child);
        if (mergeParentId !== null && !known.has(mergeParentId)) children.add(mergeParentId);
      }
    }
    const held = new Set<string>();
    for (const ids of slices([...children])) for (const header of await storage.loadHeaders(ids)) held.add(header.lineageId);
    // Stores give headers in an order of their own; the same history is to be written the same way.
    waiting.push(...[...held].filter((id) => !lineages.has(id)).toSorted(compareText));
  }
  return lineages;
}

/** Gives the commits in an order in which each comes after those of the parents and children of its versions. */
async function* exportedCommits(storage: EntityStorage, { lineages, versions }: History): AsyncGenerator<ExportedCommit> {
  const headers = [...lineages.values()].flat();
  const commitOf = new Map(headers.map(({ ecsId, commitId }) => [ecsId, commitId]));
  const groups = Map.groupBy(headers, ({ commitId }) => commitId);
  const needs = neededCommits(lineages, versions, commitOf);
  const order = inOrder([...groups.keys()], needs);
  for (const ids of slices(order)) {
    const commits = new Map((await storage.loadCommits(ids)).map((commit) => [commit.id, commit]));
    for (const id of ids) {
      const { createdAt, actor, message } = commits.get(id) ?? { createdAt: new Date(0), actor: null, message: null };
      const stored = (groups.get(id) ?? []).flatMap(({ ecsId }) => versions.get(ecsId) ?? []);
      yield { id, createdAt: createdAt.toISOString(), actor, message, versions: stored };
    }
  }
}

function neededCommits(
  lineages: ReadonlyMap<string, readonly VersionHeader[]>,
  versions: ReadonlyMap<string, ExportedVersion>,
  commitOf: ReadonlyMap<string, string>,
): Map<string, Set<string>> {
  const needs = new Map<string, Set<string>>();
  const add = (from: string | undefined, to: string | null | undefined): void => {
    if (from === undefined || to === null || to === undefined || from === to) return;
    const known = needs.get(from);
    if (known === undefined) needs.set(from, new Set([to]));
    else known.add(to);
  };
  for (const lineage of lineages.values()) {
    let before: string | null = null;
    for (const { ecsId, commitId } of lineage) {
      add(commitId, before);
      before = commitId;
      const version = versions.get(ecsId);
      for (const { child } of version?.edges ?? []) if (child !== null) add(commitId, commitOf.get(child));
      for (const parent of version === undefined ? [] : parentsOf(version)) add(commitId, commitOf.get(parent));
    }
  }
  return needs;
}

function inOrder(ids: readonly string[], needs: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const done = new Set<string>();
  const entered = new Set<string>();
  for (const id of ids) {
    const stack = [id];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const missing = entered.has(top) ? [] : [...(needs.get(top) ?? [])].filter((need) => !entered.has(need));
      entered.add(top);
      if (missing.length > 0) stack.push(...missing);
      else {
        stack.pop();
        done.add(top);
      }
    }
  }
  return [...done];
}

function* slices<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; at += batch) yield items.slice(at, at + batch);
}
