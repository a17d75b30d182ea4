import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChatClient, type ChatRequest, type ChatResponse, usageOf } from "@minference/clients";
import { EntityRegistry } from "@minference/ecs";
import { openSqlite } from "@minference/storage-kysely/sqlite";
import { CallableRegistry, ChatThread, InferenceOrchestrator, LLMConfig } from "@minference/threads";
import * as z from "zod";
import { median } from "../benchmark.ts";
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
  /** Building the two requests of a turn, which has to grow with what they carry; left out above. */
  readonly earlyBuilding: number;
  readonly lateBuilding: number;
}

let building = 0;

/** A thread that tells how long its requests take to be built. */
class TimedThread extends ChatThread.extend("TimedThread", {}) {
  override toRequest(options?: Parameters<ChatThread["toRequest"]>[0]): ChatRequest {
    const start = performance.now();
    const request = super.toRequest(options);
    building += performance.now() - start;
    return request;
  }
}

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

/** Lets conversations grow turn by turn, each stored in a SQLite file, and compares what turns around the 5th and the last cost. */
async function measureLong({ threads: count, turns }: LongOrder): Promise<TurnCost> {
  const directory = await mkdtemp(join(tmpdir(), "minference-bench-"));
  const storage = await openSqlite(join(directory, "long.db"));
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
    const turn = async (threads: readonly ChatThread[], number: number): Promise<{ ms: number; buildingMs: number }> => {
      for (const thread of threads) thread.newMessage = questionOf(0, number);
      building = 0;
      const start = performance.now();
      for (const outcome of await orchestrator.runParallel(threads)) {
        if (outcome.status !== "completed") throw new Error(`a conversation ${outcome.status}`, { cause: outcome });
      }
      return { ms: (performance.now() - start - building) / threads.length, buildingMs: building / threads.length };
    };
    const start = (): ChatThread[] => Array.from({ length: count }, () => new TimedThread({ llmConfig, tools: [multiply] }));
    const long = start();
    for (let number = 0; number < turns - 1; number += 1) await turn(long, number);
    // Early and late turns take turns, so that whatever else the machine does falls on both.
    const rounds = 15;
    const costs = { early: [] as number[], late: [] as number[], earlyBuilding: [] as number[], lateBuilding: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      const short = start();
      for (let number = 0; number < 4; number += 1) await turn(short, number);
      const early = await turn(short, 4);
      const late = await turn(long, turns - 1 + round);
      costs.early.push(early.ms);
      costs.late.push(late.ms);
      costs.earlyBuilding.push(early.buildingMs);
      costs.lateBuilding.push(late.buildingMs);
    }
    return {
      early: median(costs.early),
      late: median(costs.late),
      earlyBuilding: median(costs.earlyBuilding),
      lateBuilding: median(costs.lateBuilding),
    };
  } finally {
    await storage.close();
    await rm(directory, { recursive: true, force: true });
  }
}

process.once("message", async (order: LongOrder) => {
  process.send?.(await measureLong(order));
  process.disconnect();
});
