import { deepStrictEqual } from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectedConversation, requestsPerTurn, type Subject, turns, type Work } from "./work.ts";

/** What a subject is told to do. */
export interface Order {
  readonly subject: string;
  readonly baseUrl: string;
  readonly threads: number;
  readonly concurrency: number;
}

/** What doing it took. */
export interface Measured {
  readonly requestsPerSecond: number;
  /** Milliseconds of processor time a request, of the subject's process alone. */
  readonly cpuMsPerRequest: number;
  /** The same of its main thread, which bounds the rate where nothing else wants the processor. */
  readonly mainThreadMsPerRequest: number;
  readonly peakRssMb: number;
}

const warmUpThreads = 300;

const subjects: Readonly<Record<string, () => Promise<Subject>>> = {
  "ours, SQLite": async () => (await import("./subjects/ours.ts")).sqlite,
  "ours, memory": async () => (await import("./subjects/ours.ts")).memory,
  "LangGraph.js, SQLite": async () => (await import("./subjects/langgraph.ts")).subject,
  ai: async () => (await import("./subjects/ai.ts")).subject,
  "openai SDK": async () => (await import("./subjects/openai-sdk.ts")).subject,
};

/** All subjects by name, in the order they are shown. */
export const subjectNames: readonly string[] = Object.keys(subjects);

/** Lets a subject work; fails where what it kept is not exactly the conversations that were to be had. */
async function carryOut(subject: Subject, order: Omit<Work, "directory">): Promise<Measured> {
  const directory = await mkdtemp(join(tmpdir(), "minference-bench-"));
  try {
    const cpu = process.cpuUsage();
    const mainThread = process.threadCpuUsage();
    const start = performance.now();
    const kept = await subject({ ...order, directory });
    const seconds = (performance.now() - start) / 1000;
    const ownThread = process.threadCpuUsage(mainThread);
    const { system, user } = process.cpuUsage(cpu);
    const conversations = await kept();
    deepStrictEqual(conversations.length, order.threads);
    for (const [thread, conversation] of conversations.entries()) deepStrictEqual(conversation, expectedConversation(thread));
    const requests = order.threads * turns * requestsPerTurn;
    return {
      requestsPerSecond: requests / seconds,
      cpuMsPerRequest: (system + user) / 1000 / requests,
      mainThreadMsPerRequest: (ownThread.system + ownThread.user) / 1000 / requests,
      peakRssMb: process.resourceUsage().maxRSS / 1024,
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

if (process.send !== undefined) {
  process.once("message", async ({ subject: name, ...work }: Order) => {
    const subject = await subjects[name]?.();
    if (subject === undefined) throw new Error(`There is no subject ${name}`);
    await carryOut(subject, { ...work, threads: Math.min(warmUpThreads, work.threads) });
    process.send?.(await carryOut(subject, work));
    process.disconnect();
  });
}
