import { createHash } from "node:crypto";
import { StorageError } from "../errors/storage-error.ts";
import type { Commit, NewVersion } from "./commit.ts";
import type { EntityStorage } from "./entity-storage.ts";
import { type ExportedCommit, readExport } from "./export-format.ts";

/** What an import did. */
export interface ImportReport {
  readonly lineageId: string;
  /** Versions it stored. */
  readonly imported: number;
  /** Versions that were stored already. */
  readonly known: number;
}

const batch = 200;

/**
 * Stores an exported history, commit by commit in its order, with its ids, times, actors and messages. It is read to its end and checked
 * before anything is stored. Versions that the store has already are left as they are, so that an import that broke off can be done again; a commit of which
 * only some are missing gets an id of its own. Where somebody went on with a lineage here, what is imported becomes a branch.
 *
 * A history that was pruned goes where nothing of it is stored, or all that is left of it.
 *
 * @throws {StorageError} `corrupt` for an export that does not check out; `duplicate_id` when the store has something else under one of its ids;
 * `redacted` when a lineage that was redacted there has contents here; `invalid` when the first version of a lineage is another one here
 */
export async function importHistory(storage: EntityStorage, lines: AsyncIterable<string> | Iterable<string>): Promise<ImportReport> {
  const { lineageId, commits, redacted } = await readExport(lines);
  const known = await knownVersions(storage, commits);
  for (const id of redacted) await refuseContents(storage, id);
  let imported = 0;
  for (let at = 0; at < commits.length; at += batch) {
    const part = commits.slice(at, at + batch);
    const taken = new Set((await storage.loadCommits(part.map(({ id }) => id))).map(({ id }) => id));
    const issued = part.map((commit) => newCommit(commit, known, taken)).filter(({ versions }) => versions.length > 0);
    await Promise.all(issued.map((commit) => storage.commit(commit)));
    imported += issued.reduce((sum, { versions }) => sum + versions.length, 0);
  }
  for (const id of redacted) await storage.redact(id);
  return { lineageId, imported, known: known.size };
}

/** Refuses to take away what only this store has. */
async function refuseContents(storage: EntityStorage, lineageId: string): Promise<void> {
  const headers = await storage.lineage(lineageId);
  for (let at = 0; at < headers.length; at += batch) {
    const changes = await storage.loadChanges(headers.slice(at, at + batch).map(({ ecsId }) => ecsId));
    if (changes.every(({ payload, edges }) => edges.length === 0 && Object.keys(payload ?? {}).length === 0)) continue;
    const message = `Lineage ${lineageId} was redacted where the export was made, and has contents here: redact it here too, then import; nothing was imported`;
    throw new StorageError("redacted", message);
  }
}

async function knownVersions(storage: EntityStorage, commits: readonly ExportedCommit[]): Promise<Set<string>> {
  const versions = commits.flatMap((commit) => commit.versions);
  const known = new Set<string>();
  for (let at = 0; at < versions.length; at += batch) {
    const part = new Map(versions.slice(at, at + batch).map((version) => [version.ecsId, version]));
    for (const { ecsId, lineageId, type } of await storage.loadHeaders([...part.keys()])) {
      const version = part.get(ecsId);
      if (version?.lineageId !== lineageId || version.type !== type) {
        throw new StorageError(
          "duplicate_id",
          `Version ${ecsId} of the export is stored as a version of something else; nothing was imported`,
        );
      }
      known.add(ecsId);
    }
  }
  return known;
}

function newCommit(
  { id, createdAt, actor, message, versions }: ExportedCommit,
  known: ReadonlySet<string>,
  taken: ReadonlySet<string>,
): Commit {
  const missing = versions
    .filter(({ ecsId }) => !known.has(ecsId))
    .map((version): NewVersion => Object.assign(version, { onStaleParent: "branch" as const }));
  const own = taken.has(id) ? derivedId(id, missing[0]?.ecsId ?? "") : id;
  return { id: own, createdAt: new Date(createdAt), actor, message, idempotencyKey: null, versions: missing };
}

/** Makes a UUID (version 8) that is the same whenever the same part of a commit is imported. */
function derivedId(commitId: string, ecsId: string): string {
  const hex = createHash("sha256").update(`${commitId} ${ecsId}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
