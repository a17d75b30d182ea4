import {
  checkLimit,
  checkTime,
  type Commit,
  type CommitOutcome,
  type Damage,
  type EntityStorage,
  isStorageId,
  type ListQuery,
  type Page,
  type ReferrerQuery,
  type StorageCapabilities,
  StorageError,
  type StorageStatistics,
  type StoredVersion,
  type VersionHeader,
} from "@minference/ecs";
import { CommitQueue } from "./commit/commit-queue.ts";
import { prepareCommit } from "./commit/prepared-commit.ts";
import { isBatchStored, writeBatch } from "./commit/write-batch.ts";
import type { SqlEngine } from "./query/sql-engine.ts";
import { compileStatements, type Statements } from "./query/statements.ts";
import type { Work } from "./query/work.ts";
import { readCursor } from "./read/cursor.ts";
import { listReferrers } from "./read/referrers.ts";
import { listVersions } from "./read/list-versions.ts";
import type { HeaderRow } from "./read/header-query.ts";
import { verifyStore } from "./verify/verify-store.ts";
import { loadChildren, loadTrees, loadVersions, readHeader } from "./read/load-versions.ts";

/** Keeps versions in a SQL database; opened by `openSqlite` or `openPostgres`. */
export class KyselyStorage implements EntityStorage {
  readonly capabilities: StorageCapabilities;
  readonly #engine: SqlEngine;
  readonly #statements: Statements;
  readonly #queue: CommitQueue;
  #closing: Promise<void> | null = null;

  /** @internal */
  constructor(engine: SqlEngine, capabilities: StorageCapabilities) {
    this.capabilities = Object.freeze({ ...capabilities });
    this.#engine = engine;
    const statements = compileStatements(engine.dialect);
    this.#statements = statements;
    this.#queue = new CommitQueue((batch) =>
      engine.write(
        () => writeBatch(engine.dialect, statements.commit, batch),
        () => isBatchStored(statements.commit, batch),
      ),
    );
  }

  async commit(commit: Commit): Promise<CommitOutcome> {
    this.#checkOpen();
    return this.#queue.add(prepareCommit(commit));
  }

  async loadTrees(ecsIds: readonly string[]): Promise<readonly StoredVersion[]> {
    const ids = storageIds(ecsIds);
    return this.#read(() => loadTrees(this.#engine.dialect, this.#statements.read, ids));
  }

  async loadVersions(ecsIds: readonly string[]): Promise<readonly StoredVersion[]> {
    const ids = storageIds(ecsIds);
    return this.#read(() => loadVersions(this.#engine.dialect, this.#statements.read, ids));
  }

  async loadHeaders(ecsIds: readonly string[]): Promise<readonly VersionHeader[]> {
    const ids = storageIds(ecsIds);
    return this.#readHeaders(() => this.#statements.read.headers(ids));
  }

  async lineage(lineageId: string): Promise<readonly VersionHeader[]> {
    return this.#readHeaders(() => this.#statements.read.lineage(storageIds([lineageId])));
  }

  async heads(lineageId: string): Promise<readonly VersionHeader[]> {
    return this.loadHeads([lineageId]);
  }

  async loadHeads(lineageIds: readonly string[]): Promise<readonly VersionHeader[]> {
    const ids = storageIds(lineageIds);
    return this.#readHeaders(() => this.#statements.read.heads(ids));
  }

  async asOf(lineageId: string, time: Date): Promise<readonly VersionHeader[]> {
    checkTime(time);
    const asked = { lineageIds: storageIds([lineageId]), time: time.getTime() };
    return this.#readHeaders(() => this.#statements.relations.asOf(asked));
  }

  async children(ecsId: string): Promise<readonly VersionHeader[]> {
    const ids = storageIds([ecsId]);
    return this.#readHeaders(() => loadChildren(this.#statements, ids));
  }

  async referrers(query: ReferrerQuery): Promise<Page<VersionHeader>> {
    this.#checkOpen();
    const asked = { ...query, ecsIds: storageIds(query.ecsIds) };
    checkLimit(asked.limit);
    const cursor = readCursor(asked.after);
    const { commit, relations } = this.#statements;
    const { dialect } = this.#engine;
    return this.#read(function* work() {
      const held = yield* commit.versions(asked.ecsIds);
      const vids = held.map(({ vid }) => vid);
      return yield* listReferrers(dialect, relations, vids, asked, cursor);
    });
  }

  async list(query: ListQuery): Promise<Page<VersionHeader>> {
    this.#checkOpen();
    const asked = { ...query, types: [...query.types] };
    checkLimit(asked.limit);
    const cursor = readCursor(asked.after);
    return this.#read(() => listVersions(this.#engine.dialect, this.#statements.read, asked, cursor));
  }

  async statistics(): Promise<StorageStatistics> {
    const [counts] = await this.#read(() => this.#statements.read.counts(undefined));
    if (counts === undefined) throw new StorageError("failed", "The database gave no counts");
    return counts;
  }

  async verify(): Promise<readonly Damage[]> {
    return verifyStore(this.#engine.dialect, this.#statements.verify, (work) => this.#read(work));
  }

  close(): Promise<void> {
    this.#closing ??= this.#queue.drain().then(() => this.#engine.close());
    return this.#closing;
  }

  async #readHeaders(work: () => Work<readonly HeaderRow[]>): Promise<VersionHeader[]> {
    const rows = await this.#read(work);
    return rows.map((row) => readHeader(this.#engine.dialect, row));
  }

  #read<Result>(work: () => Work<Result>): Promise<Result> {
    this.#checkOpen();
    return this.#engine.read(work);
  }

  #checkOpen(): void {
    if (this.#closing !== null) throw new StorageError("closed", "The storage is closed");
  }
}

/** Picks the distinct ids that can be stored; nothing is found under others. */
function storageIds(ids: readonly string[]): string[] {
  return [...new Set(ids)].filter(isStorageId);
}
