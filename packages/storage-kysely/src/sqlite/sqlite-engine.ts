import { StorageError } from "@minference/ecs";
import type { Database } from "better-sqlite3";
import type { CommitResult } from "../commit/write-batch.ts";
import type { BatchToWrite, SqlEngine } from "../query/sql-engine.ts";
import type { Work } from "../query/work.ts";
import { SqliteSqlDialect } from "./sqlite-dialect.ts";
import { type Patience, patiently } from "./patience.ts";
import { checkFolded, foldLog, type FoldedRow } from "./fold-log.ts";
import { isStoredAlready } from "./sqlite-error.ts";
import { StatementRunner } from "./statement-runner.ts";
import type { WriterFile } from "./writer-order.ts";
import { statementText, statementTexts } from "./writer-statements.ts";
import { WriterThread } from "./writer-thread.ts";

/** From how many commits on the thread that writes is asked: what few cost is less than asking. */
const commitsForThread = 8;

/**
 * Carries out work on one better-sqlite3 connection: synchronously, so that a transaction is never interleaved with another. Where there
 * is a thread that writes, transactions of many commits are left to it. While another process or the thread writes it waits without
 * blocking this one.
 */
export class SqliteEngine implements SqlEngine {
  readonly dialect = new SqliteSqlDialect();
  readonly #database: Database;
  readonly #patience: Patience;
  readonly #runner: StatementRunner;
  readonly #writerFile: WriterFile | null;
  #thread: WriterThread | null = null;

  /** @param writerFile - what a thread writes to; without it none is started */
  constructor(database: Database, patience: Patience, writerFile: WriterFile | null = null) {
    this.#database = database;
    this.#patience = patience;
    this.#runner = new StatementRunner(database);
    this.#writerFile = writerFile;
  }

  read<Result>(work: () => Work<Result>): Promise<Result> {
    return patiently(this.#patience, () => this.#runner.carryOut(work()));
  }

  snapshot<Result>(work: () => Work<Result>): Promise<Result> {
    return patiently(this.#patience, () => this.#snapshot(work));
  }

  write(batch: BatchToWrite): Promise<readonly CommitResult[]> {
    const thread = this.#threadFor(batch);
    let looksFirst = false;
    return patiently(this.#patience, async () => {
      const attempt = (): readonly CommitResult[] | Promise<readonly CommitResult[]> => {
        const looks = looksFirst;
        return thread === null
          ? this.#transaction(() => batch.write({ looksFirst: looks, mayBeStored: false })).results
          : thread.write({ commits: batch.commits, looksFirst: looks });
      };
      try {
        return await attempt();
      } catch (error) {
        if (looksFirst || !isStoredAlready(error)) throw error;
        looksFirst = true;
        return attempt();
      }
    });
  }

  /** Nobody else can write during any transaction. */
  maintain<Result>(work: () => Work<Result>): Promise<Result> {
    return patiently(this.#patience, () => this.#transaction(work));
  }

  /** What is deleted is overwritten in the file at once; older pages of it are in the log until they are folded in, which waits for who reads. */
  purge(): Promise<void> {
    return patiently(this.#patience, () => checkFolded(this.#database.prepare<[], FoldedRow>(foldLog).all()));
  }

  async close(): Promise<void> {
    await this.#thread?.close();
    this.#database.close();
  }

  #threadFor({ commits, statements }: BatchToWrite): WriterThread | null {
    if (this.#writerFile === null || commits.length < commitsForThread) return null;
    const lastIds = statementText(this.dialect.lastIds.statement);
    this.#thread ??= new WriterThread({ ...this.#writerFile, lastIds, statements: statementTexts(statements) });
    return this.#thread;
  }

  #snapshot<Result>(work: () => Work<Result>): Result {
    this.#database.exec("begin");
    try {
      return this.#runner.carryOut(work());
    } finally {
      if (this.#database.inTransaction) this.#database.exec("commit");
    }
  }

  #transaction<Result>(work: () => Work<Result>): Result {
    if (this.#database.readonly) {
      throw new StorageError("read_only", `SQLite database ${this.#patience.path} was opened for reading alone: open it without readonly`);
    }
    return this.#runner.transaction(work);
  }
}
