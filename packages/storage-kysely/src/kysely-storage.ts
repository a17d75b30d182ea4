import {
  checkFieldQuery,
  checkPrunePolicy,
  checkTagName,
  checkLimit,
  checkPage,
  checkTime,
  type Commit,
  type CommitHeader,
  type CommitOutcome,
  type Damage,
  type EntityStorage,
  isStorageId,
  type ListQuery,
  type Page,
  type PrunePolicy,
  type PruneReport,
  type ReferrerQuery,
  type StorageCapabilities,
  StorageError,
  type StorageStatistics,
  type StoredChange,
  type StoredVersion,
  type Tag,
  type VersionHeader,
} from "@minference/ecs";
import { CommitQueue } from "./commit/commit-queue.ts";
import { prepareCommit } from "./commit/prepared-commit.ts";
import { isBatchStored, writeBatch } from "./commit/write-batch.ts";
import { writeOnKnown } from "./commit/write-on-known.ts";
import type { SqlEngine } from "./query/sql-engine.ts";
import { compileStatements, type Statements } from "./query/statements.ts";
import { inTurns } from "./query/in-turns.ts";
import type { Work } from "./query/work.ts";
import { ColumnFinder } from "./tables/find-by-column.ts";
import { readCursor } from "./read/cursor.ts";
import { listReferrers } from "./read/referrers.ts";
import { listVersions } from "./read/list-versions.ts";
import type { HeaderRow } from "./read/header-query.ts";
import { verifyStore } from "./verify/verify-store.ts";
import { countTables, type TypedTable } from "./tables/count-tables.ts";
import { dropTables } from "./tables/drop-tables.ts";
import { describePlans, migrateTables, readState, type TableChange } from "./tables/migrate-tables.ts";
import { planTables } from "./tables/plan-tables.ts";
import { type TableClasses, wantedTables } from "./tables/wanted-tables.ts";
import { pruneStore } from "./retention/prune-store.ts";
import { clear } from "./retention/clear.ts";
import { redact } from "./retention/redact.ts";
import { loadChanges } from "./read/load-changes.ts";
import { loadChildren, loadTrees, loadVersions, readHeader } from "./read/load-versions.ts";

/** Keeps versions in a SQL database; opened by `openSqlite` or `openPostgres`. */
export class KyselyStorage implements EntityStorage {
  readonly capabilities: StorageCapabilities;
  readonly #engine: SqlEngine;
  readonly #statements: Statements;
  readonly #queue: CommitQueue;
  readonly #finder: ColumnFinder;
  #closing: Promise<void> | null = null;

  /** @internal */
  constructor(engine: SqlEngine, capabilities: StorageCapabilities) {
    this.capabilities = Object.freeze({ ...capabilities });
    this.#engine = engine;
    const statements = compileStatements(engine.dialect);
    const { dialect } = engine;
    this.#statements = statements;
    this.#finder = new ColumnFinder(engine);
    this.#queue = new CommitQueue((commits) =>
      engine.write({
        commits,
        statements: statements.commit,
        write(attempt, known = null) {
          const onKnown =
            dialect.known === null || known === null ? null : writeOnKnown(dialect.known, statements.commit.closeEdges, commits, known);
          return onKnown ?? writeBatch(dialect, statements.commit, commits, attempt);
        },
        isStored: (results) => isBatchStored(dialect, statements.commit, commits, results),
      }),
    );
  }

  async commit(commit: Commit): Promise<CommitOutcome> {
    this.#checkOpen();
    return this.#queue.add(prepareCommit(commit));
  }

  async loadTrees(ecsIds: readonly string[]): Promise<readonly StoredVersion[]> {
    const ids = storageIds(ecsIds);
    return this.#snapshot(() => loadTrees(this.#engine.dialect, this.#statements.read, ids));
  }

  async loadVersions(ecsIds: readonly string[]): Promise<readonly StoredVersion[]> {
    const ids = storageIds(ecsIds);
    return this.#snapshot(() => loadVersions(this.#engine.dialect, this.#statements.read, ids));
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
    const rows = await this.#snapshot(() => loadChildren(this.#statements, ids));
    return rows.map((row) => readHeader(this.#engine.dialect, row));
  }

  async referrers(query: ReferrerQuery): Promise<Page<VersionHeader>> {
    this.#checkOpen();
    const asked = { ...query, ecsIds: storageIds(query.ecsIds) };
    checkPage(asked);
    const cursor = readCursor(asked.after);
    const { commit, relations } = this.#statements;
    const { dialect } = this.#engine;
    return this.#snapshot(function* work() {
      const held = yield* commit.versions(asked.ecsIds);
      const vids = held.map(({ vid }) => vid);
      return yield* listReferrers(dialect, relations, vids, asked, cursor);
    });
  }

  async list(query: ListQuery): Promise<Page<VersionHeader>> {
    this.#checkOpen();
    // No class has a name that can't be stored, which a database would refuse to look for.
    const types = query.types.filter((type) => type.isWellFormed() && !type.includes("\u0000"));
    const asked = { ...query, types, where: structuredClone(query.where ?? []) };
    checkPage(asked);
    checkFieldQuery(asked);
    if (asked.where.length > 0 || asked.orderBy !== undefined) {
      return this.#finder.find(asked);
    }
    const cursor = readCursor(asked.after);
    return this.#snapshot(() => listVersions(this.#engine.dialect, this.#statements.read, asked, cursor));
  }

  async statistics(): Promise<StorageStatistics> {
    const [counts] = await this.#read(() => this.#statements.read.counts(undefined));
    if (counts === undefined) throw new StorageError("failed", "The database gave no counts");
    return counts;
  }

  async loadChanges(ecsIds: readonly string[]): Promise<readonly StoredChange[]> {
    const ids = storageIds(ecsIds);
    return this.#snapshot(() => loadChanges(this.#engine.dialect, this.#statements, ids));
  }

  async loadCommits(commitIds: readonly string[]): Promise<readonly CommitHeader[]> {
    const ids = storageIds(commitIds);
    const rows = await this.#read(() => this.#statements.changes.commits(ids));
    const { dialect } = this.#engine;
    return rows.map(({ id, created_at, actor, message }) => ({
      id: dialect.readUuid(id),
      createdAt: new Date(created_at),
      actor,
      message,
    }));
  }

  async tag(name: string, ecsId: string | null): Promise<void> {
    checkTagName(name);
    const ecsIds = storageIds(ecsId === null ? [] : [ecsId]);
    const { tag, untag } = this.#statements.retention;
    const named = await this.#maintain(() => (ecsId === null ? untag(name) : tag({ name, ecsIds })));
    if (ecsId !== null && named.length === 0) throw new StorageError("unknown_version", `Version ${ecsId} is not stored`);
  }

  async tags({ limit, after }: { readonly limit: number; readonly after?: string }): Promise<Page<Tag>> {
    checkLimit(limit);
    if (after !== undefined) checkTagName(after);
    const rows = await this.#read(() => this.#statements.retention.tags({ after: after ?? "", limit: limit + 1 }));
    const items = rows.slice(0, limit).map(({ name, id }) => ({ name, ecsId: this.#engine.dialect.readUuid(id) }));
    return { items, next: rows.length > limit ? (items.at(-1)?.name ?? null) : null };
  }

  async prune(policy: PrunePolicy): Promise<PruneReport> {
    this.#checkOpen();
    checkPrunePolicy(policy);
    return pruneStore(this.#engine, this.#statements.prune, { ...policy });
  }

  async redact(lineageId: string): Promise<number> {
    const ids = storageIds([lineageId]);
    const versions = await this.#maintain(() => redact(this.#statements.retention, ids));
    if (versions > 0) await this.#engine.purge();
    return versions;
  }

  async clear(): Promise<void> {
    this.#checkOpen();
    await this.#queue.drain();
    await this.#maintain(() => clear(this.#statements.retention));
    // Nothing of it is stored any more, also where somebody still reads what was.
    await this.#engine.purge().catch((error: unknown) => {
      if (!StorageError.is(error) || error.code !== "busy") throw error;
    });
  }

  async verify(): Promise<readonly Damage[]> {
    return verifyStore(
      this.#engine.dialect,
      this.#statements.verify,
      inTurns((work) => this.#read(work)),
    );
  }

  /** Tells what {@link KyselyStorage.migrateTables} would do, statement by statement. */
  async planTables(classes: TableClasses, options: { readonly rebuild?: boolean } = {}): Promise<readonly TableChange[]> {
    const wanted = wantedTables(classes);
    const { tables } = this.#engine.dialect;
    const state = await this.#snapshot(() => readState(tables));
    return describePlans(tables, state, planTables(tables, state, wanted, options.rebuild === true));
  }

  /**
   * Brings typed tables up to date with classes, also where rows have to be filled in from what is stored. It is done in small steps that let
   * others read and write in between; several processes may do it at once.
   *
   * @param options - `rebuild` makes tables anew that are as they have to be, too
   * @returns what changed; nothing where the tables are as they have to be
   * @throws {StorageError} `busy` when another process migrates for other classes
   */
  async migrateTables(classes: TableClasses, options: { readonly rebuild?: boolean } = {}): Promise<readonly TableChange[]> {
    this.#checkOpen();
    const changes = await migrateTables(this.#engine, wantedTables(classes), options.rebuild === true);
    this.#finder.reset();
    return changes;
  }

  /** Takes typed tables away, with their views; what they came from stays. Gives the names of those that there were. */
  async dropTables(names: readonly string[]): Promise<readonly string[]> {
    const dropped = await this.#maintain(() => dropTables(this.#engine.dialect.tables, [...names]));
    this.#finder.reset();
    return dropped;
  }

  /** Lists the typed tables with their numbers of rows. */
  async typedTables(): Promise<readonly TypedTable[]> {
    return this.#snapshot(() => countTables(this.#engine.dialect.tables));
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

  #snapshot<Result>(work: () => Work<Result>): Promise<Result> {
    this.#checkOpen();
    return this.#engine.snapshot(work);
  }

  #maintain<Result>(work: () => Work<Result>): Promise<Result> {
    this.#checkOpen();
    return this.#engine.maintain(work);
  }

  #checkOpen(): void {
    if (this.#closing !== null) throw new StorageError("closed", "The storage is closed");
  }
}

/** Picks the distinct ids that can be stored; nothing is found under others. */
function storageIds(ids: readonly string[]): string[] {
  return [...new Set(ids)].filter(isStorageId);
}
