import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChatClient, type ChatResponse, usageOf } from "@minference/clients";
import { EntityRegistry } from "@minference/ecs";
import { openSqlite } from "@minference/storage-kysely/sqlite";
import { CallableRegistry, ChatThread, InferenceOrchestrator, LLMConfig } from "@minference/threads";
import * as z from "zod";
import { mean } from "../benchmark.ts";
import { answerOf, model, questionOf, tool } from "./work.ts";

/** How many conversations go on beside each other, and for how many turns. */
export interface LongOrder {
  readonly threads: number;
  readonly turns: number;
}

/** What a turn costs, in milliseconds, early and late. */
export interface TurnCost {
  readonly early: number;
  readonly late: number;
}

const earlyTurn = 5;
const rounds = 60;

/** Answers at once, without a look at more than the last message. */
const client: ChatClient = {
  provider: "openai",
  chat: async ({ messages }) => responseTo(messages.at(-1)?.role === "tool"),
  status: () => [],
  close: async () => {},
};

function responseTo(results: boolean): ChatResponse {
  const at = Date.now();
  const parts = results
    ? [{ type: "text" as const, text: answerOf("21") }]
    : [{ type: "tool_call" as const, id: "call", name: tool.name, arguments: { a: 3, b: 7 }, argumentsText: '{"a":3,"b":7}' }];
  return {
    provider: "openai",
    model,
    requestId: null,
    finishReason: results ? "stop" : "tool_calls",
    message: { role: "assistant", parts },
    usage: usageOf({ inputTokens: 100, outputTokens: 10 }),
    timings: { submittedAt: at, sentAt: at, doneAt: at, queuedMs: 0 },
    attempts: 1,
    raw: { id: "stub", choices: [] },
  };
}

/**
 * Lets conversations grow turn by turn, each stored in a SQLite file, and compares what turns around the 5th and the last cost, on average. Requests
 * carry the last user message and what followed it: a request of the whole history has to cost what it carries. Nothing waits for the disk.
 */
async function measureLong({ threads: count, turns }: LongOrder): Promise<TurnCost> {
  const directory = await mkdtemp(join(tmpdir(), "minference-bench-"));
  const storage = await openSqlite(join(directory, "long.db"), { synchronous: "normal" });
  try {
    const callables = new CallableRegistry();
    const multiply = callables.register({
      name: tool.name,
      docstring: tool.description,
      input: z.object({ a: z.number(), b: z.number() }),
      run: ({ a, b }) => a * b,
    });
    const orchestrator = new InferenceOrchestrator({ registry: new EntityRegistry(storage), clients: { openai: client }, callables });
    const llmConfig = LLMConfig.create({ client: "openai", model, responseFormat: "auto_tools" });
    const turn = async (threads: readonly ChatThread[], number: number): Promise<number> => {
      for (const thread of threads) thread.newMessage = questionOf(0, number);
      const start = performance.now();
      for (const outcome of await orchestrator.runParallel(threads)) {
        if (outcome.status !== "completed") throw new Error(`a conversation ${outcome.status}`, { cause: outcome });
      }
      return (performance.now() - start) / threads.length;
    };
    const start = (): ChatThread => new ChatThread({ llmConfig, tools: [multiply], useHistory: false });
    const long = Array.from({ length: count }, start);
    const short: ChatThread[] = [];
    for (let number = 0; number < turns - 1; number += 1) {
      await turn(long, number);
      // As far apart in the file as the long ones are, since that costs a database something too.
      const begun = Array.from({ length: 3 }, start);
      for (let early = 0; early < earlyTurn - 1; early += 1) await turn(begun, early);
      short.push(...begun);
    }
    const early: number[] = [];
    const late: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const begun = short.filter((_, index) => index % rounds === round).slice(0, count);
      if (begun.length < count) throw new Error(`${turns} turns are too few for ${count} conversations`);
      const measureEarly = async () => early.push(await turn(begun, earlyTurn - 1));
      const measureLate = async () => late.push(await turn(long, turns - 1 + round));
      // SQLite folds its log in once a thousand pages, which is about once a round: in turns, so that both pay for it.
      for (const measure of round % 2 === 0 ? [measureEarly, measureLate] : [measureLate, measureEarly]) await measure();
    }
    return { early: mean(early), late: mean(late) };
  } finally {
    await storage.close();
    await rm(directory, { recursive: true, force: true });
  }
}

process.once("message", async (order: LongOrder) => {
  process.send?.(await measureLong(order));
  process.disconnect();
});
