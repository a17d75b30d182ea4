import { parseArgs } from "node:util";
import { type Benchmark, printTable } from "../benchmark.ts";
import { ask, ended, measureApart, start } from "../child.ts";
import type { LongOrder, TurnCost } from "./run-long-conversations.ts";
import type { Waiting, WaitingOrder } from "./run-waiting.ts";
import { measureThroughput, type Throughput } from "./throughput.ts";

const waitingThreads = 10_000;
const lateTurn = 500;

function barsOf(throughput: Throughput, waiting: Waiting, turn: TurnCost): Record<string, boolean> {
  const rate = (subject: string): number => throughput[subject]?.requestsPerSecond ?? Number.NaN;
  return {
    "with SQLite at least 60 % of the bare SDK's rate": rate("ours, SQLite") >= 0.6 * rate("openai SDK"),
    "with SQLite at least 5 times LangGraph.js": rate("ours, SQLite") >= 5 * rate("LangGraph.js, SQLite"),
    "with memory at least 75 % of the bare SDK's rate": rate("ours, memory") >= 0.75 * rate("openai SDK"),
    "10 000 waiting threads within 600 MB": waiting.rssMb <= 600,
    [`turn ${lateTurn} within 1.2 times of turn 5`]: turn.late <= 1.2 * turn.early,
  };
}

/**
 * Conversations with tools against a server that answers at once, beside what a user would take instead; the memory of threads that wait;
 * what late turns cost. Options: `--threads N`, `--concurrency N`, `--rounds N`, and `--subject NAME`, which measures only those named.
 */
export const benchmark: Benchmark = async (args) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      threads: { type: "string", default: "3000" },
      concurrency: { type: "string", default: "64" },
      rounds: { type: "string", default: "3" },
      subject: { type: "string", multiple: true },
    },
  });
  const amount = { threads: Number(values.threads), concurrency: Number(values.concurrency), rounds: Number(values.rounds) };
  const throughput = await measureThroughput({ ...amount, subjects: values.subject ?? null });
  if (values.subject !== undefined) return { throughput };

  const server = start(new URL("instant-server.ts", import.meta.url));
  const { baseUrl } = await ask<{ baseUrl: string }>(server, null);
  const waitingOrder: WaitingOrder = { baseUrl, threads: waitingThreads };
  const waiting = await measureApart<Waiting>(new URL("run-waiting.ts", import.meta.url), waitingOrder);
  server.disconnect();
  server.kill();
  await ended(server);
  printTable(`${waitingThreads} threads, stored in SQLite, that wait for a provider's limits`, [
    { "RSS MB": Math.round(waiting.rssMb), "at most before MB": Math.round(waiting.peakRssMb) },
  ]);
  const longOrder: LongOrder = { threads: 20, turns: lateTurn };
  const turn = await measureApart<TurnCost>(new URL("run-long-conversations.ts", import.meta.url), longOrder);
  printTable("milliseconds a turn of two requests and a tool, the provider and the history in requests apart", [
    { turn: "5", ms: turn.early.toFixed(3) },
    { turn: String(lateTurn), ms: turn.late.toFixed(3) },
  ]);
  const bars = barsOf(throughput, waiting, turn);
  printTable(
    "bars",
    Object.entries(bars).map(([bar, holds]) => ({ bar, holds: holds ? "yes" : "NO" })),
  );
  return { throughput, waiting, turn, bars };
};
