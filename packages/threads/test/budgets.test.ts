import { EntityRegistry, type EntityStorage, type StoredVersion } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { openSqlite } from "@minference/storage-kysely/sqlite";
import type { SimulatedScript } from "@minference/clients/testing";
import { afterEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { costInNanos, usdOf } from "../src/budget/model-price.ts";
import {
  anyOf,
  Budget,
  budget,
  CallableRegistry,
  ChatThread,
  InferenceOrchestrator,
  listPrices,
  LLMConfig,
  type StopCondition,
  stepsTaken,
  Usage,
  usageOf,
  usagesOf,
} from "../src/index.ts";
import { makeBench } from "./support/bench.ts";
import { connect } from "./support/wire.ts";

const model = "gpt-5-mini";
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** Adds twice, then answers; the answers differ in length. */
const script: SimulatedScript = ({ request, sequence }) => {
  const answered = request.messages.filter(({ role }) => role === "tool").length;
  if (answered < 2) return { toolCalls: [{ name: "add", arguments: { a: answered, b: 1 } }], outputTokens: 20 + (sequence % 7) * 10 };
  return { text: "two", outputTokens: 30 };
};

async function setUp(options: { storage?: EntityStorage; faults?: () => "connection_reset" | undefined } = {}) {
  const { storage = new MemoryStorage(), ...server } = options;
  const wire = await connect("openai", script, server);
  closers.push(async () => wire[Symbol.asyncDispose]());
  const registry = new EntityRegistry(storage);
  const callables = new CallableRegistry();
  const add = callables.register({
    name: "add",
    docstring: "Adds",
    input: z.object({ a: z.number(), b: z.number() }),
    run: ({ a, b }) => a + b,
  });
  const orchestrator = new InferenceOrchestrator({ registry, clients: { openai: wire.client }, callables });
  const llmConfig = LLMConfig.create({ client: "openai", model, responseFormat: "auto_tools", maxTokens: 200 });
  const threads = (count: number): ChatThread[] =>
    Array.from({ length: count }, (_, n) => ChatThread.create({ llmConfig, tools: [add], newMessage: `Count to two, ${n}.` }));
  return { wire, registry, orchestrator, threads };
}

test("many threads at once never spend more than a run may, those that fit go on, and the others can go on later", async () => {
  const { orchestrator, registry, threads, wire } = await setUp();
  const all = threads(40);
  const usd = 0.01;
  const limited = new Budget({ total: { usd } });
  const events = new Set<string>();
  const outcomes = await orchestrator.runParallel(all, { budget: limited, run: "first", onEvent: ({ type }) => void events.add(type) });
  expect(events).toContain("request_held");
  const codes = new Set(outcomes.map((outcome) => (outcome.status === "failed" ? outcome.error.code : outcome.status)));
  expect(codes).toEqual(new Set(["completed", "budget_exceeded"]));
  const stored = await usageOf(registry, { run: "first" });
  expect(stored.costUsd).toBeLessThanOrEqual(usd);
  expect(stored.costUsd).toBeGreaterThan(usd / 2);
  expect(limited.spent).toEqual({ tokens: stored.totalTokens, usd: stored.costUsd });
  expect(limited.reserved).toEqual({ tokens: 0, usd: 0 });
  expect(wire.server.counts()).toMatchObject({ received: stored.answers, answered: stored.answers });
  const left = outcomes.flatMap(({ status, thread }) => (status === "completed" ? [] : [thread]));
  const rest = await orchestrator.runParallel(left, { budget: new Budget({ total: { usd: 1 } }), run: "second" });
  expect(rest.every(({ status }) => status === "completed")).toBe(true);
  expect(wire.server.counts().received).toBe(40 * 3);
  expect((await usageOf(registry)).answers).toBe(40 * 3);
});

test("a thread that reaches its own limit stops alone", async () => {
  const { orchestrator, registry, threads } = await setUp();
  const [long, ...others] = threads(5);
  if (long === undefined) throw new Error("no thread");
  long.newMessage = `Count to two. ${"And slowly. ".repeat(200)}`;
  const outcomes = await orchestrator.runParallel([long, ...others], { budget: new Budget({ perThread: { tokens: 1000 } }) });
  expect(outcomes.map(({ status }) => status)).toEqual(["failed", "completed", "completed", "completed", "completed"]);
  expect(outcomes[0]).toMatchObject({ attempts: 0, error: { code: "budget_exceeded", retryable: false } });
  expect((await usageOf(registry, { thread: long.lineageId })).answers).toBe(0);
});

test("attempts that broke off count as spent, so that a server that fails can't drain more than the budget", async () => {
  const { orchestrator, threads, wire } = await setUp({ faults: () => "connection_reset" });
  const limited = new Budget({ total: { tokens: 2000 } });
  const outcomes = await orchestrator.runParallel(threads(20), { budget: limited });
  expect(outcomes.every(({ status }) => status === "failed")).toBe(true);
  expect(limited.spent.tokens).toBeLessThanOrEqual(2000);
  expect(wire.server.counts().received).toBeLessThan(20);
});

test("where money is limited and no price is known nothing is sent", async () => {
  const bench = makeBench(() => ({ text: "3" }));
  const [outcome] = await bench.orchestrator.runParallel([bench.thread("text")], { budget: new Budget({ total: { usd: 1 } }) });
  expect(outcome).toMatchObject({ status: "failed", error: { code: "unknown_price" } });
  expect(bench.client.requests).toHaveLength(0);
  const priced = makeBench(() => ({ text: "3", outputTokens: 100 }), {
    prices: listPrices.with([{ provider: "openai", model: "m-1", input: 0, output: 5 }]),
  });
  const thread = priced.thread("text");
  const [second] = await priced.orchestrator.runParallel([thread], { budget: new Budget({ total: { usd: 1 } }) });
  expect(second?.status).toBe("completed");
  expect(thread.totalUsage.costUsd).toBe(0.0005);
});

describe.each(["memory", "sqlite", "sqlite with indexes"] as const)("from %s", (kind) => {
  test("usage is told by run, by thread and by model, with costs that can be computed again; nothing else is loaded", async () => {
    const indexes = kind === "sqlite with indexes" ? [Usage] : [];
    const storage = kind === "memory" ? new MemoryStorage() : await openSqlite(":memory:", { indexes });
    const loaded: number[] = [];
    const counting = new Proxy(storage, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key);
        if (key === "loadTrees") {
          return (ids: readonly string[]) => {
            loaded.push(ids.length);
            return target.loadTrees(ids);
          };
        }
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const { orchestrator, registry, threads } = await setUp({ storage: counting });
    const [one, two, three] = threads(3);
    if (one === undefined || two === undefined || three === undefined) throw new Error("threads are missing");
    await orchestrator.runParallel([one, two], { run: "a" });
    await orchestrator.runParallel([three], { run: "b" });
    loaded.length = 0;
    const ofRun = await usageOf(registry, { run: "a" });
    expect(loaded).toEqual([6]);
    expect(ofRun).toMatchObject({ answers: 6, withoutCost: 0 });
    expect(ofRun.totalTokens).toBe(one.totalUsage.totalTokens + two.totalUsage.totalTokens);
    expect(await usageOf(registry, { thread: three.lineageId })).toMatchObject({ ...three.totalUsage, answers: 3 });
    expect(await usageOf(registry, { run: "b", model })).toMatchObject({ answers: 3, byModel: { [model]: three.totalUsage } });
    expect(await usageOf(registry, { run: "b", model: "another" })).toMatchObject({ answers: 0, costUsd: 0, byModel: {} });
    for await (const { cacheReadInputTokens, completionTokens, costUsd, promptTokens, rates } of usagesOf(registry)) {
      if (rates === null) throw new Error("no rates were stored");
      const tokens = {
        inputTokens: promptTokens,
        outputTokens: completionTokens,
        cacheReadTokens: cacheReadInputTokens ?? 0,
        cacheWriteTokens: 0,
      };
      expect(costUsd).toBe(usdOf(costInNanos(tokens, rates)));
    }
    await storage.close();
  });
});

test("budget(…) ends a thread well once it has spent so much in the run", async () => {
  const bench = makeBench(() => ({ toolCalls: [{ name: "add", arguments: { a: 1, b: 2 } }], outputTokens: 100 }), {
    prices: listPrices.with([{ provider: "openai", model: "m-1", input: 0, output: 1_000 }]),
  });
  const bySteps = async (...conditions: readonly StopCondition[]) => {
    const [outcome] = await bench.orchestrator.runUntil([bench.thread("auto_tools")], anyOf(...conditions));
    return { status: outcome?.status, steps: outcome?.outputs.length };
  };
  expect(await bySteps(budget({ usd: 0.25 }))).toEqual({ status: "completed", steps: 3 });
  expect(await bySteps(budget({ tokens: 150 }), stepsTaken(5))).toMatchObject({ status: "completed" });
  expect(await bySteps(budget({}), stepsTaken(4))).toEqual({ status: "completed", steps: 4 });
});

const dear = listPrices.with([{ provider: "openai", model: "m-1", input: 0, output: 1_000 }]);

/** Runs threads of which each request costs $0.10; ends after some answers, with all others in flight that the limit allows. */
async function runThatBreaksOff(storage: EntityStorage, limits: { threads: number; usd: number; answers: number }): Promise<string> {
  const stop = new AbortController();
  const left = new Budget({ total: { usd: limits.usd } });
  const script: SimulatedScript = ({ sequence }) =>
    sequence < limits.answers ? { text: "yes", outputTokens: 100 } : new Promise(() => {});
  const bench = makeBench(script, { storage, prices: dear, ledger: true });
  const llmConfig = LLMConfig.create({ client: "openai", model: "m-1", maxTokens: 100 });
  let runId = "";
  let sent = 0;
  const outcomes = await bench.orchestrator.runParallel(
    Array.from({ length: limits.threads }, () => bench.thread("text", { llmConfig })),
    {
      budget: left,
      signal: stop.signal,
      onRunStored: (id) => (runId = id),
      onEvent: ({ type }) => {
        if (type === "request_sent" && (sent += 1) === Math.round(limits.usd * 10)) setTimeout(() => stop.abort(), 20);
      },
    },
  );
  expect(outcomes.filter(({ status }) => status === "completed")).toHaveLength(limits.answers);
  expect(left.spent.usd).toBeCloseTo(limits.usd, 9);
  return runId;
}

test("what was in flight when a process ended may be billed: it counts, so that those that come after it spend no more than all may", async () => {
  const storage = new MemoryStorage();
  const runId = await runThatBreaksOff(storage, { threads: 8, usd: 0.5, answers: 3 });
  const second = makeBench(() => ({ text: "yes", outputTokens: 100 }), { storage, prices: dear, ledger: true });
  const left = new Budget({ total: { usd: 0.5 } });
  await left.takeUp(second.registry, { run: runId });
  expect(left.spent.usd).toBeCloseTo(0.5, 9);
  const events = new Set<string>();
  const outcomes = await second.orchestrator.resume(runId, {
    budget: left,
    onDoubt: "retry",
    onEvent: ({ type }) => void events.add(type),
  });
  const codes = outcomes.map((outcome) => (outcome.status === "failed" ? outcome.error.code : outcome.status));
  expect(codes.toSorted()).toEqual([...Array.from({ length: 5 }, () => "budget_exceeded"), "completed", "completed", "completed"]);
  expect(events).not.toContain("request_sent");
  expect(left.spent.usd).toBeCloseTo(0.5, 9);
});

test("an attempt that was lost counts once, beside the one that is answered, also for processes that come later", async () => {
  const storage = new MemoryStorage();
  const runId = await runThatBreaksOff(storage, { threads: 4, usd: 0.4, answers: 1 });
  const second = makeBench(() => ({ text: "yes", outputTokens: 50 }), { storage, prices: dear, ledger: true });
  const left = new Budget({ total: { usd: 1 }, perThread: { usd: 0.2 }, perModel: { "m-1": { usd: 1 } } });
  await left.takeUp(second.registry, { run: runId });
  expect(left.spent.usd).toBeCloseTo(0.4, 9);
  const outcomes = await second.orchestrator.resume(runId, { budget: left, onDoubt: "retry" });
  expect(outcomes.map(({ status }) => status)).toEqual(["completed", "completed", "completed", "completed"]);
  expect(left.spent.usd).toBeCloseTo(0.4 + 3 * 0.05, 9);
  const third = new Budget({ perThread: { usd: 1 } });
  await third.takeUp(second.registry, { run: runId });
  expect(third.spent).toEqual(left.spent);
  expect(outcomes.map(({ thread }) => third.spentByThread(thread.lineageId).tokens).toSorted()).toEqual(
    outcomes.map(({ thread }) => left.spentByThread(thread.lineageId).tokens).toSorted(),
  );
  const [, retried] = outcomes;
  const ofOne = new Budget({});
  await ofOne.takeUp(second.registry, { thread: retried?.thread.lineageId, model: "m-1" });
  expect(ofOne.spent.usd).toBeCloseTo(0.15, 9);
  const untold = new Budget({});
  await untold.takeUp(second.registry, { run: runId, model: "another" });
  expect(untold.spent.usd).toBe(0);
});

test("a store that was written before reservations were kept still loads, and what they were is not known", async () => {
  const storage = new MemoryStorage();
  const runId = await runThatBreaksOff(storage, { threads: 2, usd: 0.2, answers: 1 });
  const asItWas = (version: StoredVersion): StoredVersion => {
    const { reserved: _, unanswered: __, ...payload } = version.payload;
    return { ...version, payload };
  };
  const old = new Proxy(storage, {
    get(target, key) {
      if (key === "loadTrees" || key === "loadVersions")
        return async (ids: readonly string[]) => (await target[key](ids)).map((version) => asItWas(version));
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const second = makeBench(() => ({ text: "yes", outputTokens: 100 }), { storage: old, prices: dear, ledger: true });
  const left = new Budget({});
  await left.takeUp(second.registry, { run: runId });
  expect(left.spent.usd).toBeCloseTo(0.1, 9);
  const outcomes = await second.orchestrator.resume(runId, { budget: left, onDoubt: "retry" });
  expect(outcomes.map(({ status }) => status)).toEqual(["completed", "completed"]);
  expect(left.spent.usd).toBeCloseTo(0.3, 9);
});

test("what a run paid is found by its id, and by its name together with that of its namesakes", async () => {
  const bench = makeBench(() => ({ text: "yes" }), { ledger: true });
  const ids: string[] = [];
  const settings = { run: "nightly", onRunStored: (id: string) => void ids.push(id) };
  await bench.orchestrator.runParallel([bench.thread("text"), bench.thread("text")], settings);
  await bench.orchestrator.runParallel([bench.thread("text")], settings);
  const withoutLedger = new InferenceOrchestrator({ registry: bench.registry, clients: { openai: bench.client }, ledger: false });
  await withoutLedger.runParallel([bench.thread("text")], { run: "nightly" });
  const answers = async (run: string) => (await usageOf(bench.registry, { run })).answers;
  expect(await Promise.all([...ids, ids[0]?.toUpperCase() ?? "", "nightly", "another"].map(answers))).toEqual([2, 1, 2, 4, 0]);
});

test("what a named run pays once it is resumed counts as the same run's", async () => {
  const storage = new MemoryStorage();
  const stop = new AbortController();
  let runId = "";
  const first = makeBench(() => new Promise(() => {}), { storage, ledger: true });
  await first.orchestrator.runParallel([first.thread("text")], {
    run: "named",
    signal: stop.signal,
    onRunStored: (id) => (runId = id),
    onEvent: ({ type }) => type === "request_sent" && stop.abort(),
  });
  const second = makeBench(() => ({ text: "yes" }), { storage, ledger: true });
  await second.orchestrator.resume(runId, { onDoubt: "retry" });
  expect((await usageOf(second.registry, { run: runId })).answers).toBe(1);
});
