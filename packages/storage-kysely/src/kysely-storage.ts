import {
  type Commit,
  type CommitOutcome,
  type EntityStorage,
  isStorageId,
  type ListQuery,
  type Page,
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
import { checkListQuery, listVersions } from "./read/list-versions.ts";
import type { HeaderRow } from "./read/header-query.ts";
import { loadTrees, loadVersions, readHeader } from "./read/load-versions.ts";

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
    return this.#readHeaders(() => this.#statements.read.heads(storageIds([lineageId])));
  }

  async list(query: ListQuery): Promise<Page<VersionHeader>> {
    this.#checkOpen();
    const asked = { ...query, types: [...query.types] };
    const cursor = checkListQuery(asked);
    return this.#read(() => listVersions(this.#engine.dialect, this.#statements.read, asked, cursor));
  }

  async statistics(): Promise<StorageStatistics> {
    const [counts] = await this.#read(() => this.#statements.read.counts(undefined));
    if (counts === undefined) throw new StorageError("failed", "The database gave no counts");
    return counts;
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
