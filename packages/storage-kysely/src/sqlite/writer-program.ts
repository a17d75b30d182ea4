import { parentPort, workerData } from "node:worker_threads";
import BetterSqlite3 from "better-sqlite3";
import { StatementRunner } from "./statement-runner.ts";
import type { WriterAnswer, WriterOrder, WriterSetup } from "./writer-order.ts";

/** The program of the thread that writes: one connection, one transaction at a time, an answer an order. */
const { path, pragmas }: WriterSetup = workerData;
const database = new BetterSqlite3(path, { timeout: 0, fileMustExist: true });
for (const pragma of pragmas) database.pragma(pragma);
const runner = new StatementRunner(database);

function carryOut({ begins, ends, requests }: WriterOrder): WriterAnswer {
  try {
    if (begins) database.exec("begin immediate");
    const replies = requests.map((request) => runner.run(request));
    if (ends !== null) database.exec(ends);
    return { replies };
  } catch (error) {
    if (database.inTransaction) database.exec("rollback");
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
