import { StorageError } from "@minference/ecs";
import type { Database } from "better-sqlite3";
import type { SqlEngine } from "../query/sql-engine.ts";
import type { Work } from "../query/work.ts";
import { SqliteSqlDialect } from "./sqlite-dialect.ts";
import { type Patience, patiently } from "./patience.ts";
import { isStoredAlready } from "./sqlite-error.ts";
import { StatementRunner } from "./statement-runner.ts";
import type { WriterThread } from "./writer-thread.ts";

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
  readonly #thread: WriterThread | null;

  constructor(database: Database, patience: Patience, thread: WriterThread | null = null) {
    this.#database = database;
    this.#patience = patience;
    this.#runner = new StatementRunner(database);
    this.#thread = thread;
  }

  read<Result>(work: () => Work<Result>): Promise<Result> {
    return patiently(this.#patience, () => this.#carryOut(work()));
  }

  snapshot<Result>(work: () => Work<Result>): Promise<Result> {
    return patiently(this.#patience, () => this.#snapshot(work));
  }

  write<Result>(work: (looksFirst: boolean) => Work<Result>, _isStored: () => Work<boolean>, commits: number): Promise<Result> {
    const thread = commits < commitsForThread ? null : this.#thread;
    let looksFirst = false;
    return patiently(this.#patience, async () => {
      const attempt = (): Result | Promise<Result> => {
        const looks = looksFirst;
        return thread === null ? this.#transaction(() => work(looks)) : thread.transaction(() => work(looks));
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

  /** What is deleted is overwritten in the file at once; older pages of it are in the log until they are folded in. */
  purge(): Promise<void> {
    return patiently(this.#patience, () => {
      this.#database.pragma("wal_checkpoint(truncate)");
    });
  }

  async close(): Promise<void> {
    await this.#thread?.close();
    this.#database.close();
  }

  #snapshot<Result>(work: () => Work<Result>): Result {
    this.#database.exec("begin");
    try {
      return this.#carryOut(work());
    } finally {
      if (this.#database.inTransaction) this.#database.exec("commit");
    }
  }

  #transaction<Result>(work: () => Work<Result>): Result {
    if (this.#database.readonly) {
      throw new StorageError("read_only", `SQLite database ${this.#patience.path} was opened for reading alone: open it without readonly`);
    }
    // A plain begin that reads first can fail busy when it comes to write: the write lock is taken at once.
    this.#database.exec("begin immediate");
    try {
      const result = this.#carryOut(work());
      this.#database.exec("commit");
      return result;
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec("rollback");
      throw error;
    }
  }

  #carryOut<Result>(work: Work<Result>): Result {
    let step = work.next();
    while (step.done !== true) step = work.next(step.value.map((request) => this.#runner.run(request)));
    return step.value;
  }
}
