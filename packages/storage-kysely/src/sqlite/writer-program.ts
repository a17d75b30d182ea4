import { parentPort, workerData } from "node:worker_threads";
import BetterSqlite3 from "better-sqlite3";
import { type PlanDialect, writeBatch } from "../commit/write-batch.ts";
import { queryOf } from "../query/work.ts";
import { idsAfter, readUuid } from "./sqlite-ids.ts";
import { StatementRunner } from "./statement-runner.ts";
import type { WriterAnswer, WriterOrder, WriterSetup } from "./writer-order.ts";
import { statementsOf } from "./writer-statements.ts";

/**
 * The program of the thread that writes: one connection, a transaction an order. It loads neither ecs nor Kysely, which would take ten times as
 * long to start as all the rest: statements come as texts.
 */
const { lastIds, path, pragmas, statements: texts }: WriterSetup = workerData;
const database = new BetterSqlite3(path, { timeout: 0, fileMustExist: true });
for (const pragma of pragmas) database.pragma(pragma);
const runner = new StatementRunner(database);
const statements = statementsOf(texts);
const dialect: PlanDialect = { readUuid, reserveIds: () => idsAfter(queryOf({ ...lastIds, parameters: [] })) };

function carryOut({ commits, looksFirst }: WriterOrder): WriterAnswer {
  try {
    const { results } = runner.transaction(() => writeBatch(dialect, statements, commits, { looksFirst, mayBeStored: false }));
    return { results };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : null;
    return { failure: { message: error instanceof Error ? error.message : String(error), code } };
  }
}

parentPort?.on("message", (order: WriterOrder | null) => {
  if (order !== null) {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows, this is a port
    parentPort?.postMessage(carryOut(order));
    return;
  }
  database.close();
  parentPort?.close();
});
