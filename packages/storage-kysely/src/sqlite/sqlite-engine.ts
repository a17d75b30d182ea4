import { StorageError } from "@minference/ecs";
import type { Database, Statement } from "better-sqlite3";
import type { SqlEngine } from "../query/sql-engine.ts";
import type { Reply, Request, Work } from "../query/work.ts";
import { SqliteSqlDialect } from "./sqlite-dialect.ts";
import { type Patience, patiently } from "./patience.ts";
import { isStoredAlready } from "./sqlite-error.ts";

/**
 * Carries out work on one better-sqlite3 connection: synchronously, so that a transaction is never interleaved with another, on
 * statements that are prepared once. While another process writes it waits without blocking this one.
 */
export class SqliteEngine implements SqlEngine {
  readonly dialect = new SqliteSqlDialect();
  readonly #database: Database;
  readonly #patience: Patience;
  readonly #prepared = new Map<string, Statement>();

  constructor(database: Database, patience: Patience) {
    this.#database = database;
    this.#patience = patience;
  }

  read<Result>(work: () => Work<Result>): Promise<Result> {
    return patiently(this.#patience, () => this.#carryOut(work()));
  }

  snapshot<Result>(work: () => Work<Result>): Promise<Result> {
    return patiently(this.#patience, () => this.#snapshot(work));
  }

  write<Result>(work: (looksFirst: boolean) => Work<Result>): Promise<Result> {
    let looksFirst = false;
    return patiently(this.#patience, () => {
      try {
        return this.#transaction(() => work(looksFirst));
      } catch (error) {
        if (looksFirst || !isStoredAlready(error)) throw error;
        looksFirst = true;
        return this.#transaction(() => work(true));
      }
    });
  }

  /** Nobody else can write during any transaction. */
  maintain<Result>(work: () => Work<Result>): Promise<Result> {
    return this.write(work);
  }

  /** What is deleted is overwritten in the file at once; older pages of it are in the log until they are folded in. */
  purge(): Promise<void> {
    return patiently(this.#patience, () => {
      this.#database.pragma("wal_checkpoint(truncate)");
    });
  }

  async close(): Promise<void> {
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
    while (step.done !== true) step = work.next(step.value.map((request) => this.#execute(request)));
    return step.value;
  }

  #execute(request: Request): Reply {
    const statement = this.#prepare(request);
    if (request.each !== null) {
      let count = 0;
      for (const row of request.each) count += statement.run(...row).changes;
      return { rows: [], count };
    }
    if (statement.reader) return { rows: statement.all(...request.parameters), count: 0 };
    return { rows: [], count: statement.run(...request.parameters).changes };
  }

  #prepare({ name, sql }: Request): Statement {
    let statement = this.#prepared.get(name);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#prepared.set(name, statement);
    }
    return statement;
  }
}
