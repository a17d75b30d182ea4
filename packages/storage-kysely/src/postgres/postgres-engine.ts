import { setTimeout } from "node:timers/promises";
import { StorageError } from "@minference/ecs";
import type { ClientBase, Pool, PoolClient } from "pg";
import { LostRace } from "../commit/write-batch.ts";
import type { SqlEngine } from "../query/sql-engine.ts";
import type { Reply, Request, Work } from "../query/work.ts";
import { PostgresSqlDialect } from "./postgres-dialect.ts";
import { asksForRetry, postgresError } from "./postgres-error.ts";

const mostAttempts = 10;

/**
 * Carries out work on a pool of connections, with prepared statements. A transaction that loses a race, a deadlock or a serialization
 * check is rolled back and done anew.
 */
export class PostgresEngine implements SqlEngine {
  readonly dialect: PostgresSqlDialect;
  readonly #pool: Pool;
  readonly #server: string;

  /** @param server - how errors name the server */
  constructor(pool: Pool, schema: string, server: string) {
    this.dialect = new PostgresSqlDialect(schema);
    this.#pool = pool;
    this.#server = server;
  }

  read<Result>(work: () => Work<Result>): Promise<Result> {
    return this.#connected((client) => this.#carryOut(client, work()));
  }

  async write<Result>(work: () => Work<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#connected((client) => this.#transaction(client, work));
      } catch (error) {
        const again = error instanceof LostRace || (StorageError.is(error) && asksForRetry(error.cause));
        if (!again) throw error;
        if (attempt === mostAttempts) {
          throw new StorageError("busy", `Postgres at ${this.#server}: others stored first ${mostAttempts} times in a row; try again`, {
            cause: error,
          });
        }
        await setTimeout(2 ** attempt);
      }
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #connected<Result>(use: (client: ClientBase) => Promise<Result>): Promise<Result> {
    let client: PoolClient | undefined;
    let broken = false;
    try {
      client = await this.#pool.connect();
      return await use(client);
    } catch (error) {
      if (error instanceof LostRace) throw error;
      const failure = postgresError(error, this.#server);
      broken = failure.code === "unreachable";
      throw failure;
    } finally {
      client?.release(broken);
    }
  }

  async #transaction<Result>(client: ClientBase, work: () => Work<Result>): Promise<Result> {
    await client.query("begin isolation level read committed");
    try {
      const result = await this.#carryOut(client, work());
      await client.query("commit");
      return result;
    } catch (error) {
      await rollBack(client);
      throw error;
    }
  }

  async #carryOut<Result>(client: ClientBase, work: Work<Result>): Promise<Result> {
    let step = work.next();
    while (step.done !== true) step = work.next(await execute(client, step.value));
    return step.value;
  }
}

async function execute(client: ClientBase, { name, sql, parameters, each }: Request): Promise<Reply> {
  const values = each === null ? [...parameters] : columns(each);
  const { rows, rowCount } = await client.query({ name: `minference_${name}`, text: sql, values });
  return { rows, count: rowCount ?? 0 };
}

/** Turns rows into one array a column. */
function columns(rows: readonly (readonly unknown[])[]): unknown[][] {
  const [first = []] = rows;
  return first.map((_, column) => rows.map((row) => row[column]));
}

/** Rolls back; where that fails too, the connection is lost, and the transaction with it. */
async function rollBack(client: ClientBase): Promise<void> {
  try {
    await client.query("rollback");
  } catch {
    // What made the transaction fail is reported by the caller.
  }
}
