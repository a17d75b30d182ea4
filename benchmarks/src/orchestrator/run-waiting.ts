import { deepStrictEqual } from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createChatClient } from "@minference/clients";
import { EntityRegistry } from "@minference/ecs";
import { openSqlite } from "@minference/storage-kysely/sqlite";
import { ChatThread, InferenceOrchestrator, LLMConfig, SystemPrompt } from "@minference/threads";
import { instructions, model, questionOf } from "./work.ts";

/** Threads wait for minutes and hours: what starting them took has been given back by then. */
const settlingMs = 15_000;

/** How many threads are to wait, and for which server. */
export interface WaitingOrder {
  readonly baseUrl: string;
  readonly threads: number;
}

/** The memory of a process whose threads all wait. */
export interface Waiting {
  readonly rssMb: number;
  readonly peakRssMb: number;
}

/** Starts threads with a provider that allows next to nothing, and measures once all of them are stored and wait for it. */
async function measureWaiting({ baseUrl, threads: count }: WaitingOrder): Promise<Waiting> {
  const directory = await mkdtemp(join(tmpdir(), "minference-bench-"));
  const storage = await openSqlite(join(directory, "waiting.db"));
  try {
    const client = createChatClient({ provider: "openai", apiKey: "benchmark", baseUrl, limits: { requestsPerMinute: 1 } });
    const orchestrator = new InferenceOrchestrator({ registry: new EntityRegistry(storage), clients: { openai: client } });
    const systemPrompt = new SystemPrompt({ name: "benchmark", content: instructions });
    const llmConfig = LLMConfig.create({ client: "openai", model });
    const threads = Array.from({ length: count }, (_, index) =>
      ChatThread.create({ systemPrompt, llmConfig, newMessage: questionOf(index, 0) }),
    );
    const stop = new AbortController();
    const allWait = Promise.withResolvers<void>();
    let waiting = 0;
    const running = orchestrator.runParallel(threads, {
      signal: stop.signal,
      onEvent: ({ type }) => {
        if (type === "request_queued") waiting += 1;
        if (waiting === count) allWait.resolve();
      },
    });
    await allWait.promise;
    await new Promise((resolve) => setTimeout(resolve, settlingMs));
    const rssMb = process.memoryUsage().rss / 2 ** 20;
    const peakRssMb = process.resourceUsage().maxRSS / 1024;
    stop.abort();
    const outcomes = await running;
    deepStrictEqual(outcomes.filter(({ status }) => status === "cancelled").length >= count - 5, true, "not all threads waited");
    return { rssMb, peakRssMb };
  } finally {
    await storage.close();
    await rm(directory, { recursive: true, force: true });
  }
}

process.once("message", async (order: WaitingOrder) => {
  process.send?.(await measureWaiting(order));
  process.disconnect();
});
