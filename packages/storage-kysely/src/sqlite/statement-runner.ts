import type { Database, Statement } from "better-sqlite3";
import { readRows, type Reply, type Request } from "../query/work.ts";

/** Carries out statements on one connection; each is prepared once. */
export class StatementRunner {
  readonly #database: Database;
  readonly #prepared = new Map<string, Statement>();

  constructor(database: Database) {
    this.#database = database;
  }

  run(request: Request): Reply {
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
