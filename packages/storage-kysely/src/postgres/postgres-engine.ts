import { createHash, randomInt } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { StorageError } from "@minference/ecs";
import { KnownHeads } from "../commit/known-heads.ts";
import type { CommitResult, WrittenBatch } from "../commit/write-batch.ts";
import type { BatchToWrite, SqlEngine, WriteAttempt } from "../query/sql-engine.ts";
import { readRows, type Reply, type Request, type Work } from "../query/work.ts";
import type { ConnectionPool, PooledConnection } from "../query/connection-pool.ts";
import { PostgresSqlDialect } from "./postgres-dialect.ts";
import { begun } from "./known-statements.ts";
import { areLarge, FewerStatements, valuesOf } from "./fewer-statements.ts";
import { asksForRetry, postgresError } from "./postgres-error.ts";

const mostAttempts = 10;
/** An established connection may have died unnoticed, and the next with it; more in a row means that the server is gone. */
const mostReconnects = 3;
/** Milliseconds after which it is not tried again to find out whether a commit was stored. */
const mostDoubt = 2_000;

/** A transaction that was committed, or whose connection broke off when its last statements had been sent. */
interface Ended<Result> {
  readonly result: Result;
  /** What its last statements gave. */
  readonly replies: readonly Reply[];
  /** What the transaction holds until it has ended in the database too. */
  readonly lock: number;
  readonly brokeOff: StorageError | null;
}

/**
 * Carries out work on a pool of connections, with prepared statements. A transaction that loses a race, a deadlock, a serialization
 * check or its connection is rolled back and done anew; one whose connection breaks during commit is looked up afterwards.
 */
export class PostgresEngine implements SqlEngine {
  readonly dialect: PostgresSqlDialect;
  readonly #pool: ConnectionPool;
  readonly #fewer = new FewerStatements();
  readonly #known = new KnownHeads();
  readonly #server: string;
  /** Names the store among all others of the database. */
  readonly #storeLock: number;
  /** Names the transactions of this engine among those of all others. */
  #lock = randomInt(2 ** 47);

  /** @param server - how errors name the server */
  constructor(pool: ConnectionPool, schema: string, server: string) {
    this.dialect = new PostgresSqlDialect(schema);
    this.#pool = pool;
    this.#storeLock = 2 ** 48 + Number.parseInt(createHash("sha256").update(schema).digest("hex").slice(0, 12), 16);
    this.#server = server;
  }

  read<Result>(work: () => Work<Result>): Promise<Result> {
    return this.#connected((client) => carryOut(client, work()));
  }

  snapshot<Result>(work: () => Work<Result>): Promise<Result> {
    return this.#connected((client) => this.#snapshot(client, work));
  }

  async write(batch: BatchToWrite): Promise<readonly CommitResult[]> {
    const { commits } = batch;
    const known = this.#known.recall(commits);
    const work = (attempt: WriteAttempt): Work<WrittenBatch> => {
      if (attempt.looksFirst) this.#known.forget(commits);
      return this.#fewer.of(batch.write(attempt, attempt.looksFirst ? null : known));
    };
    const isStored = ({ results }: WrittenBatch): Work<boolean> => batch.isStored(results);
    const { brokeOff, replies, result } = await this.#write(work, isStored, "pg_advisory_xact_lock_shared");
    try {
      if (brokeOff === null) this.#known.remember(commits, () => result.heads(replies));
      else this.#known.forget(commits);
    } catch {
      // They are stored, whatever becomes of the guess that the next ones are planned on.
      this.#known.forget(commits);
    }
    return result.results;
  }

  async maintain<Result>(work: () => Work<Result>): Promise<Result> {
    this.#known.clear();
    return (await this.#write(work, null, "pg_advisory_xact_lock")).result;
  }

  async purge(): Promise<void> {
    await this.#connected(async (client) => {
      const { rows } = await client.query(`select name from ${this.dialect.tables.relation("typed_table")}`);
      await client.query(this.dialect.vacuum(rows.map(({ name }) => String(name))));
    });
  }

  /**
   * @param isStored - tells whether what the work came to was stored; where there is no telling, it is carried out again
   * @param hold - how the store is locked: writers share it, maintenance has it alone */
  async #write<Result>(
    work: (attempt: WriteAttempt) => Work<Result>,
    isStored: ((result: Result) => Work<boolean>) | null,
    hold: "pg_advisory_xact_lock" | "pg_advisory_xact_lock_shared",
  ): Promise<Ended<Result>> {
    let broken: StorageError | null = null;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const how: WriteAttempt = { looksFirst: attempt > 1, mayBeStored: broken !== null };
        const ended = await this.#connected(
          (client) => this.#transaction(client, () => work(how), hold),
          (lost) => lost.brokeOff !== null,
        );
        const { brokeOff, lock, result } = ended;
        if (brokeOff === null || (isStored !== null && (await this.#becameStored(lock, () => isStored(result), brokeOff)))) return ended;
        // What was sent in one piece may reach the server later yet.
        broken = brokeOff;
        if (attempt === mostAttempts) throw brokeOff;
      } catch (error) {
        const again = StorageError.is(error) && asksForRetry(error.cause);
        if (again && attempt < mostAttempts) {
          await setTimeout(2 ** attempt);
          continue;
        }
        // What is invalid now was so then.
        const isInvalid = StorageError.is(error) && error.code === "invalid";
        if (broken !== null && isStored !== null && !isInvalid) throw this.#inDoubt([broken, error]);
        if (!again) throw error;
        const message = `Postgres at ${this.#server}: others stored first ${mostAttempts} times in a row; try again`;
        throw new StorageError("busy", message, { cause: error });
      }
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  /**
   * Uses a connection; again with another one where it turns out to be dead.
   *
   * @param brokeIt - tells by the result whether the connection is dead now
   */
  async #connected<Result>(use: (client: PooledConnection) => Promise<Result>, brokeIt?: (result: Result) => boolean): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      let client: PooledConnection | undefined;
      let isBroken = false;
      try {
        client = await this.#pool.connect();
        const result = await use(client);
        isBroken = brokeIt?.(result) === true;
        return result;
      } catch (error) {
        const failure = postgresError(error, this.#server);
        isBroken = failure.code === "unreachable";
        if (client === undefined || !isBroken || attempt === mostReconnects) throw failure;
      } finally {
        client?.release(isBroken);
      }
    }
  }

  async #snapshot<Result>(client: PooledConnection, work: () => Work<Result>): Promise<Result> {
    try {
      return await carryOut(client, after([unprepared("begin isolation level repeatable read, read only")], work()));
    } finally {
      await rollBack(client);
    }
  }

  async #transaction<Result>(client: PooledConnection, work: () => Work<Result>, hold: string): Promise<Ended<Result>> {
    this.#lock += 1;
    const lock = this.#lock;
    const begin = ["begin isolation level read committed", `select pg_advisory_xact_lock(${lock}), ${hold}(${this.#storeLock}), ${begun}`];
    // Drivers that send ahead are pg's own, which takes several statements in one text.
    const first = client.pipeline === true ? [unprepared(begin.join("; "))] : begin.map(unprepared);
    try {
      if (hold === "pg_advisory_xact_lock_shared") {
        const { result, last } = await carryOutButLast(client, after(first, work()));
        return await this.#end(client, result, lock, last);
      }
      // Of a writer, what is sent ahead of an answer is a look-up, or one statement. What is sent ahead here could be left half done by a driver.
      await executeAll(client, first);
      return await this.#end(client, await carryOut(client, work()), lock, []);
    } catch (error) {
      await rollBack(client);
      throw error;
    }
  }

  /** Sends the last statements of a transaction together with its end: where one of them fails, the database rolls back. */
  async #end<Result>(client: PooledConnection, result: Result, lock: number, last: readonly Request[]): Promise<Ended<Result>> {
    try {
      const replies = await executeAll(client, [...last, commit]);
      return { result, replies: replies.slice(0, last.length), lock, brokeOff: null };
    } catch (error) {
      const brokeOff = postgresError(error, this.#server);
      if (brokeOff.code === "unreachable") return { result, replies: [], lock, brokeOff };
      throw error;
    }
  }

  /** Says that a commit may have been stored. */
  #inDoubt(errors: readonly unknown[]): StorageError {
    const message = `Postgres at ${this.#server}: the connection broke during commit, and whether it was stored cannot be found out now; commit again under the same idempotency key`;
    return new StorageError("unreachable", message, { cause: new AggregateError(errors) });
  }

  /** Finds out, on another connection, whether a transaction was stored whose connection broke during commit. */
  async #becameStored(lock: number, isStored: () => Work<boolean>, brokeOff: StorageError): Promise<boolean> {
    const deadline = performance.now() + mostDoubt;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#connected(async (client) => {
          // Waits until the transaction has ended, one way or the other.
          await client.query(`select pg_advisory_lock(${lock}), pg_advisory_unlock(${lock})`);
          return carryOut(client, isStored());
        });
      } catch (error) {
        if (attempt === mostAttempts || performance.now() >= deadline) throw this.#inDoubt([brokeOff, error]);
        await setTimeout(2 ** attempt);
      }
    }
  }
}

async function carryOut<Result>(client: PooledConnection, work: Work<Result>): Promise<Result> {
  let step = work.next();
  while (step.done !== true) step = work.next(await executeAll(client, step.value));
  return step.value;
}

/** Carries out work but for the statements that it says are its last, and gives these. */
async function carryOutButLast<Result>(
  client: PooledConnection,
  work: Work<Result>,
): Promise<{ readonly result: Result; readonly last: readonly Request[] }> {
  let step = work.next();
  while (step.done !== true) {
    const { value } = step;
    const isLast = value.some((request) => request.isLast === true);
    step = work.next(isLast ? [] : await executeAll(client, value));
    if (!isLast) continue;
    if (step.done !== true) throw new RangeError("Work goes on after the statements that it said were its last");
    return { result: step.value, last: value };
  }
  return { result: step.value, last: [] };
}

/** Puts statements before the first ones of some work, whose replies it does not see. */
function* after<Result>(before: readonly Request[], work: Work<Result>): Work<Result> {
  const first = work.next();
  if (first.done === true) {
    yield before;
    return first.value;
  }
  const replies = yield [...before, ...first.value];
  let step = work.next(replies.slice(before.length));
  while (step.done !== true) step = work.next(yield step.value);
  return step.value;
}

/** Sends statements without waiting between them, where the driver can. The first that fails is the reason why those after it do. */
async function executeAll(client: PooledConnection, requests: readonly Request[]): Promise<Reply[]> {
  const replies: Reply[] = [];
  if (client.pipeline !== true) {
    for (const request of requests) replies.push(await execute(client, request));
    return replies;
  }
  for (const outcome of await Promise.allSettled(sendTogether(client, requests))) {
    if (outcome.status === "rejected") throw outcome.reason;
    replies.push(outcome.value);
  }
  return replies;
}

/** Has small statements leave in one piece: each on its own costs a call of the operating system, and one more where it arrives. */
function sendTogether(client: PooledConnection, requests: readonly Request[]): Promise<Reply>[] {
  const stream = areLarge(requests) ? undefined : client.connection?.stream;
  stream?.cork?.();
  try {
    return requests.map((request) => execute(client, request));
  } finally {
    stream?.uncork?.();
  }
}

async function execute(client: PooledConnection, request: Request): Promise<Reply> {
  const { name, sql } = request;
  if (name === "") {
    await client.query(sql);
    return { rows: [], count: 0 };
  }
  const { rows, rowCount } = await client.query({ name: `minference_${name}`, text: sql, values: [...valuesOf(request)] });
  return { rows: readRows(request, rows), count: rowCount ?? 0 };
}

/** Text without parameters that is not worth being prepared, and gives nothing. */
function unprepared(sql: string): Request {
  return { name: "", sql, parameters: [], each: null };
}

const commit = unprepared("commit");

/** Rolls back; where that fails too, the connection is lost, and the transaction with it. */
async function rollBack(client: PooledConnection): Promise<void> {
  try {
    await client.query("rollback");
  } catch {
    // What made the transaction fail is reported by the caller.
  }
}
