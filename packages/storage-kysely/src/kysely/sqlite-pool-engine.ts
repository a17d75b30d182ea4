import { StorageError } from "@minference/ecs";
import type { ConnectionPool, PooledConnection } from "../query/connection-pool.ts";
import type { CommitResult } from "../commit/write-batch.ts";
import type { BatchToWrite, SqlEngine } from "../query/sql-engine.ts";
import { readRows, type Reply, type Request, type Work } from "../query/work.ts";
import { checkFolded, foldLog } from "../sqlite/fold-log.ts";
import { SqliteSqlDialect } from "../sqlite/sqlite-dialect.ts";
import { isStoredAlready, sqliteError } from "../sqlite/sqlite-error.ts";

/** Carries out work on a SQLite database behind somebody's asynchronous driver, a transaction at a time. */
export class SqlitePoolEngine implements SqlEngine {
  /** A statement may take a way over a network. */
  readonly dialect = new SqliteSqlDialect(1_000);
  readonly #pool: ConnectionPool;
  readonly #shown: string;

  /** @param shown - how errors name the database */
  constructor(pool: ConnectionPool, shown: string) {
    this.#pool = pool;
    this.#shown = shown;
  }

  read<Result>(work: () => Work<Result>): Promise<Result> {
    return this.#connected((connection) => carryOut(connection, work()));
  }

  snapshot<Result>(work: () => Work<Result>): Promise<Result> {
    return this.#connected((connection) => transaction(connection, "begin", work));
  }

  async write(batch: BatchToWrite): Promise<readonly CommitResult[]> {
    try {
      return await this.#write(batch, false);
    } catch (error) {
      if (!StorageError.is(error) || !isStoredAlready(error.cause)) throw error;
      return this.#write(batch, true);
    }
  }

  async #write(batch: BatchToWrite, looksFirst: boolean): Promise<readonly CommitResult[]> {
    const written = await this.#connected((connection) =>
      transaction(connection, "begin immediate", () => batch.write({ looksFirst, mayBeStored: false })),
    );
    return written.results;
  }

  /** Nobody else can write during any transaction. What is deleted is overwritten, whatever the connection was set to. */
  maintain<Result>(work: () => Work<Result>): Promise<Result> {
    return this.#connected(async (connection) => {
      await connection.query("pragma secure_delete = on");
      return transaction(connection, "begin immediate", work);
    });
  }

  async purge(): Promise<void> {
    await this.#connected(async (connection) => {
      const { rows } = await connection.query(foldLog);
      checkFolded(rows.map(({ busy }) => ({ busy: Number(busy) })));
    });
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async #connected<Result>(use: (connection: PooledConnection) => Promise<Result>): Promise<Result> {
    let connection: PooledConnection | undefined;
    try {
      connection = await this.#pool.connect();
      return await use(connection);
    } catch (error) {
      throw sqliteError(error, this.#shown);
    } finally {
      connection?.release();
    }
  }
}

async function transaction<Result>(connection: PooledConnection, begin: string, work: () => Work<Result>): Promise<Result> {
  await connection.query(begin);
  try {
    const result = await carryOut(connection, work());
    await connection.query("commit");
    return result;
  } catch (error) {
    try {
      await connection.query("rollback");
    } catch {
      // SQLite has rolled back already; what made it do so is reported.
    }
    throw error;
  }
}

async function carryOut<Result>(connection: PooledConnection, work: Work<Result>): Promise<Result> {
  let step = work.next();
  while (step.done !== true) {
    const replies: Reply[] = [];
    for (const request of step.value) replies.push(await execute(connection, request));
    step = work.next(replies);
  }
  return step.value;
}

async function execute(connection: PooledConnection, request: Request): Promise<Reply> {
  const { sql, parameters, each } = request;
  if (each === null) {
    const { rows, rowCount } = await connection.query({ text: sql, values: [...parameters] });
    return { rows: readRows(request, rows), count: rowCount ?? 0 };
  }
  let count = 0;
  for (const row of each) count += (await connection.query({ text: sql, values: [...row] })).rowCount ?? 0;
  return { rows: [], count };
}
