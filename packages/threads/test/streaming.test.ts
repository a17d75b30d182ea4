import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import type { SimulatedProviderOptions } from "@minference/clients/testing";
import { afterEach, describe, expect, test } from "vitest";
import { ChatMessage, ChatThread, InferenceOrchestrator, LLMConfig, type RunEvent } from "../src/index.ts";
import { makeBench } from "./support/bench.ts";
import { connect } from "./support/wire.ts";

const long = "A long answer, in many pieces: 🙂 é, and then some more of it.";
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function setUp(provider: "openai" | "anthropic", options: Omit<SimulatedProviderOptions, "script"> & { maxAttempts?: number } = {}) {
  const wire = await connect(provider, () => ({ text: long }), options);
  closers.push(async () => wire[Symbol.asyncDispose]());
  const registry = new EntityRegistry(new MemoryStorage());
  const orchestrator = new InferenceOrchestrator({ registry, clients: { [provider]: wire.client } });
  const llmConfig = LLMConfig.create({ client: provider, model: "m-1" });
  return { registry, orchestrator, thread: ChatThread.create({ llmConfig, newMessage: "Speak." }) };
}

/** The text of the last attempt, as its pieces add up. */
function textOf(events: readonly RunEvent[]): string {
  const last = events.slice(events.findLastIndex((event) => event.type === "answer_started"));
  return last.map((event) => (event.type === "text_delta" ? event.text : "")).join("");
}

async function storedAnswers(registry: EntityRegistry): Promise<string[]> {
  const messages = await Array.fromAsync(registry.listByType(ChatMessage));
  return messages.filter(({ role }) => role === "assistant").map(({ content }) => content);
}

describe.each(["openai", "anthropic"] as const)("%s", (provider) => {
  test("the pieces of an answer come before it is stored, and add up to it", async () => {
    const { orchestrator, registry, thread } = await setUp(provider);
    const events: RunEvent[] = [];
    const [outcome] = await orchestrator.runParallel([thread], { stream: true, onEvent: (event) => void events.push(event) });
    expect(outcome).toMatchObject({ status: "completed", answer: { content: long } });
    expect(textOf(events)).toBe(long);
    expect(events.filter(({ type }) => type === "text_delta").length).toBeGreaterThan(1);
    const types = events.map((event) => event.type);
    expect(types.indexOf("answer_started")).toBeGreaterThan(types.indexOf("request_sent"));
    expect(types.indexOf("answer_ended")).toBeLessThan(types.lastIndexOf("step_stored"));
    expect(await storedAnswers(registry)).toEqual([long]);
  });

  test("a stream that is cut leaves no half message, and what comes after it is whole", async () => {
    const { orchestrator, registry, thread } = await setUp(provider, {
      faults: (received) => (received === 0 ? "stream_cut" : undefined),
    });
    const events: RunEvent[] = [];
    const options = { stream: true, onEvent: (event: RunEvent) => void events.push(event) };
    const [failed] = await orchestrator.runParallel([thread], options);
    expect(failed).toMatchObject({ status: "failed", error: { code: "provider", retryable: true } });
    expect(textOf(events).length).toBeGreaterThan(0);
    expect(long.startsWith(textOf(events)) && textOf(events) !== long).toBe(true);
    expect(thread.history.map(({ role }) => role)).toEqual(["user"]);
    expect(await storedAnswers(registry)).toEqual([]);
    const [second] = await orchestrator.runParallel([thread], options);
    expect(second?.status).toBe("completed");
    expect(textOf(events)).toBe(long);
    expect(await storedAnswers(registry)).toEqual([long]);
  });

  test("a repetition within the run says that what was told before is void", async () => {
    const { orchestrator, registry, thread } = await setUp(provider, {
      faults: (received) => (received === 0 ? "stream_short" : undefined),
      maxAttempts: 3,
    });
    const events: RunEvent[] = [];
    const [outcome] = await orchestrator.runParallel([thread], { stream: true, onEvent: (event) => void events.push(event) });
    expect(outcome).toMatchObject({ status: "completed", attempts: 2 });
    expect(events.flatMap((event) => (event.type === "answer_started" ? [event.attempt] : []))).toEqual([1, 2]);
    expect(textOf(events)).toBe(long);
    expect(await storedAnswers(registry)).toEqual([long]);
  });
});

test("threads are told of their answers piece by piece where that was asked for, tool calls and reasoning too", async () => {
  const bench = makeBench(
    ({ request }) =>
      request.messages.at(-1)?.role === "tool"
        ? { text: "3" }
        : { reasoning: "Add them.", toolCalls: [{ id: "c1", name: "add", arguments: { a: 1, b: 2 } }] },
    { provider: "anthropic" },
  );
  const told = bench.thread("auto_tools");
  const silent = bench.thread("auto_tools");
  const events: RunEvent[] = [];
  const outcomes = await bench.orchestrator.runParallel([told, silent], {
    stream: (thread) => thread === told,
    onEvent: (event) => void events.push(event),
  });
  expect(outcomes.map(({ status }) => status)).toEqual(["completed", "completed"]);
  const pieces = events.filter(({ type }) => type.endsWith("_delta"));
  expect(pieces.every(({ thread }) => thread === told)).toBe(true);
  expect(pieces).toMatchObject([
    { type: "reasoning_delta", text: "Add them.", step: 1 },
    { type: "tool_call_delta", toolCallId: "c1", toolName: "add", argumentsText: '{"a":1,"b":2}' },
    { type: "text_delta", text: "3", step: 2 },
  ]);
});

test("what a request opens the answer with is told as its beginning", async () => {
  const bench = makeBench(() => ({ text: '{"a": 1}\n```' }), { provider: "anthropic" });
  const thread = bench.thread("json_beg");
  const events: RunEvent[] = [];
  const [outcome] = await bench.orchestrator.runParallel([thread], { stream: true, onEvent: (event) => void events.push(event) });
  expect(outcome).toMatchObject({ status: "completed", answer: { content: textOf(events) } });
  expect(textOf(events).startsWith(thread.prefill)).toBe(true);
});
