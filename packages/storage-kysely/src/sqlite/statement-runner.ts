import type { Database, Statement } from "better-sqlite3";
import { readRows, type Reply, type Request, type Work } from "../query/work.ts";

/** Carries out work on one connection; each statement is prepared once. */
export class StatementRunner {
  readonly #database: Database;
  readonly #prepared = new Map<string, Statement>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Carries out work in one transaction, and rolls back where it throws. */
  transaction<Result>(work: () => Work<Result>): Result {
    // A plain begin that reads first can fail busy when it comes to write: the write lock is taken at once.
    this.#database.exec("begin immediate");
    try {
      const result = this.carryOut(work());
      this.#database.exec("commit");
      return result;
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec("rollback");
      throw error;
    }
  }

  carryOut<Result>(work: Work<Result>): Result {
    let step = work.next();
    while (step.done !== true) step = work.next(step.value.map((request) => this.#run(request)));
    return step.value;
  }

  #run(request: Request): Reply {
    const statement = this.#prepare(request);
    if (request.each !== null) {
      let count = 0;
      for (const row of request.each) count += statement.run(...row).changes;
      return { rows: [], count };
    }
    if (statement.reader) return { rows: readRows(request, statement.all(...request.parameters)), count: 0 };
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
