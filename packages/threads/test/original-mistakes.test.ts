import { createChatClient, type ProviderName } from "@minference/clients";
import { type SimulatedAnswer, type SimulatedScript, startSimulatedProvider } from "@minference/clients/testing";
import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import {
  CallableRegistry,
  type CallableTool,
  ChatThread,
  InferenceOrchestrator,
  LLMConfig,
  type Outcome,
  ProcessedOutput,
  type RunEvent,
  StructuredTool,
} from "../src/index.ts";
import { makeBench } from "./support/bench.ts";
import { dyingStorage } from "./support/dying-storage.ts";
import { countUp, startProcess } from "./support/process.ts";
import { RecordingProvider } from "./support/recording-client.ts";
import { connect, type Wire } from "./support/wire.ts";

// What the Python system that this one follows got wrong about inference, each as it is right.

const wires = ["openai", "anthropic"] as const;

interface Bench {
  readonly registry: EntityRegistry;
  readonly callables: CallableRegistry;
  readonly orchestrator: InferenceOrchestrator;
  readonly add: CallableTool;
  readonly explode: CallableTool;
  thread(this: void, provider: ProviderName, input?: Partial<ConstructorParameters<typeof ChatThread>[0]>): ChatThread;
}

/** A run's surroundings, with a tool that adds and one that always throws. */
function benchOver(...connected: readonly Pick<Wire, "provider" | "client">[]): Bench {
  const registry = new EntityRegistry(new MemoryStorage());
  const callables = new CallableRegistry();
  const numbers = z.object({ a: z.number(), b: z.number() });
  const add = callables.register({ name: "add", docstring: "Adds", input: numbers, output: z.number(), run: ({ a, b }) => a + b });
  const explode = callables.register({
    name: "explode",
    docstring: "Always throws",
    input: z.object({}),
    run: () => {
      throw new Error("boom");
    },
  });
  const clients = Object.fromEntries(connected.map(({ client, provider }) => [provider, client]));
  const orchestrator = new InferenceOrchestrator({ registry, clients, callables });
  return {
    registry,
    callables,
    orchestrator,
    add,
    explode,
    thread: (client, input = {}) => {
      const llmConfig = LLMConfig.create({ client, model: "m", responseFormat: "auto_tools" });
      return new ChatThread({ llmConfig, tools: [add, explode], newMessage: "Go.", ...input });
    },
  };
}

/** Answers one after the other, by how many there are in the conversation. */
function inTurn(...answers: readonly SimulatedAnswer[]): SimulatedScript {
  return ({ request }) => answers[request.messages.filter(({ role }) => role === "assistant").length] ?? { text: "done" };
}

const codeOf = (outcome: Outcome): string => (outcome.status === "failed" ? outcome.error.code : outcome.status);

const body = z.looseObject({ messages: z.array(z.looseObject({ role: z.string(), content: z.unknown() })) });
const messagesOf = (sent: string | undefined): { role: string; content?: unknown }[] => body.parse(JSON.parse(sent ?? "{}")).messages;

describe.each(wires)("tools over %s", (provider) => {
  test("all calls of one answer run, the text beside them is kept, and all results go back together", async () => {
    const sums = [1, 2, 3].map((n) => ({ id: `c${n}`, name: "add", arguments: { a: n, b: n } }));
    await using wire = await connect(provider, inTurn({ text: "Three sums at once.", toolCalls: sums }));
    const { orchestrator, thread } = benchOver(wire);
    const [outcome] = await orchestrator.runParallel([thread(provider)]);
    expect(outcome?.status).toBe("completed");
    expect(outcome?.thread.history.flatMap(({ content, role }) => (role === "tool" ? content : []))).toEqual(["2", "4", "6"]);
    const replayed = messagesOf(wire.bodies.at(-1));
    expect(JSON.stringify(replayed)).toContain("Three sums at once.");
    const results = replayed.slice(-(provider === "openai" ? 3 : 1));
    expect(results.map(({ role }) => role)).toEqual(provider === "openai" ? ["tool", "tool", "tool"] : ["user"]);
    for (const { id } of sums) expect(JSON.stringify(results)).toContain(id);
  });

  test("an unknown tool, unfit arguments and a tool that throws each get a result that says so, and the conversation goes on", async () => {
    const toolCalls = [
      { id: "c1", name: "subtract", arguments: { a: 1 } },
      { id: "c2", name: "add", arguments: { a: "one" } },
      { id: "c3", name: "explode", arguments: {} },
    ];
    await using wire = await connect(provider, inTurn({ toolCalls }));
    const { orchestrator, thread } = benchOver(wire);
    const [outcome] = await orchestrator.runParallel([thread(provider)]);
    expect(outcome?.status).toBe("completed");
    const results = outcome?.thread.history.filter(({ role }) => role === "tool") ?? [];
    expect(results.map(({ isError, toolCallId }) => [toolCallId, isError])).toEqual([
      ["c1", true],
      ["c2", true],
      ["c3", true],
    ]);
    if (provider === "anthropic") expect(JSON.stringify(messagesOf(wire.bodies.at(-1))).match(/"is_error":true/g)).toHaveLength(3);
  });

  test("a workflow moves on when the tool of its step ran, once, and a finished one loads", async () => {
    const ran: string[] = [];
    await using wire = await connect(provider, ({ request }) => {
      const { toolChoice } = request;
      return typeof toolChoice === "object" ? { toolCalls: [{ name: toolChoice.name, arguments: {} }] } : { text: "lost" };
    });
    const { callables, orchestrator, registry, thread } = benchOver(wire);
    const tools = ["first", "second"].map((name) =>
      callables.register({ name, docstring: "", input: z.object({}), run: () => ran.push(name) }),
    );
    const llmConfig = LLMConfig.create({ client: provider, model: "m", responseFormat: "workflow" });
    const workflow = thread(provider, { llmConfig, tools });
    workflow.toRequest();
    workflow.toRequest();
    const [outcome] = await orchestrator.runParallel([workflow]);
    expect(outcome).toMatchObject({ status: "completed", attempts: 2 });
    expect(ran).toEqual(["first", "second"]);
    const loaded = await new EntityRegistry(registry.storage).get(ChatThread, workflow.ecsId);
    expect(loaded).toMatchObject({ workflowStep: 2, workflowTool: null });
  });
});

test("each request of a batch goes to its own server, with its own key, model and settings", async () => {
  const keys = ["key-of-ada", "key-of-bob"] as const;
  const seen: { key: string; model: string; maxTokens: number; temperature: number | undefined }[] = [];
  const servers = await Promise.all(
    keys.map((key) =>
      startSimulatedProvider({
        apiKeys: [key],
        script: ({ request: { maxTokens, model, temperature } }) => {
          seen.push({ key, model, maxTokens, temperature });
          return { text: key };
        },
      }),
    ),
  );
  const connected = keys.map((apiKey, index) =>
    createChatClient({ provider: "openai", apiKey, baseUrl: servers[index]?.openaiBaseUrl ?? "", retry: { maxAttempts: 1 } }),
  );
  const clients = Object.fromEntries(connected.map((client, index) => [`client-${index}`, client]));
  const orchestrator = new InferenceOrchestrator({ registry: new EntityRegistry(new MemoryStorage()), clients });
  const threads = [0, 1, 0, 1].map((client, index) => {
    const llmConfig = LLMConfig.create({
      client: `client-${client}`,
      model: `m-${index}`,
      maxTokens: 100 + index,
      temperature: index / 10,
    });
    return new ChatThread({ llmConfig, newMessage: "Who are you?" });
  });
  const outcomes = await orchestrator.runParallel(threads);
  expect(outcomes.map(({ thread }) => thread.lastAnswer?.content)).toEqual([keys[0], keys[1], keys[0], keys[1]]);
  expect(seen.toSorted((a, b) => a.model.localeCompare(b.model))).toEqual(
    [0, 1, 2, 3].map((index) => ({ key: keys[index % 2], model: `m-${index}`, maxTokens: 100 + index, temperature: index / 10 })),
  );
  await Promise.all([...connected, ...servers].map((each) => each.close()));
});

test("a provider's error is a failed outcome, and a failed turn adds no message, empty or other", async () => {
  await using wire = await connect("openai", ({ request }) =>
    request.messages.length > 2 ? { refuse: { status: 500, message: "no" } } : { text: "fine" },
  );
  const { orchestrator, registry, thread } = benchOver(wire);
  const talk = thread("openai");
  await orchestrator.runParallel([talk]);
  talk.newMessage = "And now?";
  const [outcome] = await orchestrator.runParallel([talk]);
  expect(outcome).toMatchObject({ status: "failed", error: { code: "provider", cause: { code: "server_error", status: 500 } } });
  const stored = await registry.get(ChatThread, talk.ecsId);
  expect(stored.history.map(({ content, role }) => [role, content])).toEqual([
    ["user", "Go."],
    ["assistant", "fine"],
    ["user", "And now?"],
  ]);
});

test("as many outcomes as threads, in their order, whoever fails and whoever has no client; the same thread twice is refused", async () => {
  const bench = makeBench(({ sequence }) => (sequence % 2 === 0 ? { refuse: { status: 400, message: "no" } } : { text: "ok" }));
  const keyless = LLMConfig.create({ client: "nobody", model: "m" });
  const threads = [0, 1, 2, 3, 4, 5].map((index) => bench.thread("text", index % 3 === 2 ? { llmConfig: keyless } : {}));
  const outcomes = await bench.orchestrator.runParallel(threads);
  expect(outcomes.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(outcomes.map(({ thread }) => threads.indexOf(thread))).toEqual([0, 1, 2, 3, 4, 5]);
  expect(outcomes.map(codeOf)).toEqual(["provider", "completed", "unknown_client", "provider", "completed", "unknown_client"]);
  const [first, second] = [bench.thread("text"), bench.thread("text")];
  await expect(bench.orchestrator.runParallel([first, second, first])).rejects.toMatchObject({ code: "duplicate_thread" });
});

test("arguments that are not JSON are not executed, and an object that does not fit is not taken for one", async () => {
  await using wire = await connect("openai", inTurn({ toolCalls: [{ name: "add", argumentsText: '{"a": 1, "b":' }] }));
  const { orchestrator, thread } = benchOver(wire);
  const [outcome] = await orchestrator.runParallel([thread("openai")]);
  expect(outcome?.thread.history[2]).toMatchObject({ role: "tool", isError: true });

  const forcedOutput = new StructuredTool({
    name: "count",
    jsonSchema: { type: "object", properties: { n: { type: "number" } }, required: ["n"] },
  });
  const unfit = makeBench(() => ({ text: '{"n": "many"}' }), { maxRepairs: 0 });
  const [refused] = await unfit.orchestrator.runParallel([unfit.thread("structured_output", { forcedOutput })]);
  expect(refused).toMatchObject({ status: "failed", error: { code: "invalid_object" } });
  expect(refused?.outputs[0]?.jsonObject).toBeNull();
});

test.each([
  ["cut off", { text: "It is", finishReason: "length" }, "truncated"],
  ["declined", { text: "I can't.", finishReason: "refusal" }, "refused"],
  ["filtered", { text: "", finishReason: "content_filter" }, "content_filtered"],
] satisfies [string, SimulatedAnswer, string][])("an answer that was %s is no success, and is kept apart", async (_, answer, code) => {
  const bench = makeBench(() => answer);
  const [outcome] = await bench.orchestrator.runParallel([bench.thread("text")]);
  if (outcome === undefined) throw new Error("there is no outcome");
  expect(codeOf(outcome)).toBe(code);
  expect(outcome.thread.history.map(({ role }) => role)).toEqual(["user"]);
  const [kept] = await Array.fromAsync(bench.registry.listByType(ProcessedOutput));
  expect(kept).toMatchObject({ error: outcome.status === "failed" ? outcome.error.message : "" });
});

test("reasoning goes back signed as it came, and is no part of the text", async () => {
  const thinking = { reasoning: "First the sum.", toolCalls: [{ name: "add", arguments: { a: 1, b: 2 } }] };
  await using wire = await connect("anthropic", inTurn(thinking));
  const { orchestrator, thread } = benchOver(wire);
  const [outcome] = await orchestrator.runParallel([thread("anthropic")]);
  const [first] = outcome?.outputs ?? [];
  const received = z.looseObject({ content: z.array(z.looseObject({ type: z.string() })) }).parse(first?.rawOutput.rawResult);
  const signed = received.content.find(({ type }) => type === "thinking");
  expect(signed).toMatchObject({ thinking: "First the sum.", signature: expect.stringMatching(/./) });
  expect(messagesOf(wire.bodies[1])[1]?.content).toContainEqual(signed);
  expect(outcome?.thread.history[1]?.content).toBe("");
});

test("a crash loses nothing that was answered: what was in flight is known, and the rest is not asked for again", async () => {
  const storage = new MemoryStorage();
  const provider = new RecordingProvider(countUp);
  const dying = dyingStorage(storage, { commits: 14, lastIsDone: false });
  const first = startProcess(dying.storage, provider);
  let runId = "";
  void first.orchestrator.runParallel(
    [2, 2, 2].map((calls) => first.thread(calls)),
    { onRunStored: (id) => (runId = id) },
  );
  await dying.died;
  const before = [...provider.keys];
  const outcomes = await startProcess(storage, provider).orchestrator.resume(runId, { onDoubt: "retry" });
  expect(outcomes.map(({ thread }) => thread.lastAnswer?.content)).toEqual(["counted 2", "counted 2", "counted 2"]);
  const again = provider.keys.slice(before.length).filter((key) => before.includes(key));
  expect(again.length).toBeLessThanOrEqual(3);
  expect(new Set(provider.keys).size).toBe(9);
});

test("time taken is from sending to the answer, without the wait for limits; Anthropic's totals include what its cache gave", async () => {
  const latencyMs = 60;
  const script: SimulatedScript = () => ({ text: "hello", cacheReadTokens: 5 });
  await using wire = await connect("anthropic", script, { latency: { medianMs: latencyMs, sigma: 0 }, maxConcurrent: 1 });
  const { orchestrator, thread } = benchOver(wire);
  const at = new Map<string, number>();
  const threads = Array.from({ length: 4 }, () => thread("anthropic"));
  const outcomes = await orchestrator.runParallel(threads, { onEvent: (event) => void at.set(`${event.index} ${event.type}`, event.at) });
  const told = (index: number, type: RunEvent["type"]): number => at.get(`${index} ${type}`) ?? Number.NaN;
  const queued = threads.map((_, index) => told(index, "request_sent") - told(index, "request_queued"));
  // One at a time: each waits until those before it are answered.
  for (const [place, waited] of queued.toSorted((a, b) => a - b).entries()) expect(waited).toBeGreaterThanOrEqual(place * (latencyMs - 2));
  for (const { index, outputs } of outcomes) {
    const [output] = outputs;
    const usage = output?.usage;
    const untilAnswered = told(index, "request_answered") - told(index, "request_queued");
    expect(output?.timeTaken).toBeLessThanOrEqual(untilAnswered - (queued[index] ?? 0) + 5);
    expect(output?.timeTaken).toBe((output?.rawOutput.endTime.getTime() ?? 0) - (output?.rawOutput.startTime.getTime() ?? 0));
    expect(output?.timeTaken).toBeGreaterThanOrEqual(latencyMs - 1);
    expect(usage?.cacheReadInputTokens).toBe(5);
    const raw = z
      .looseObject({ usage: z.looseObject({ input_tokens: z.int(), output_tokens: z.int() }) })
      .parse(output?.rawOutput.rawResult);
    expect(usage?.promptTokens).toBe(raw.usage.input_tokens + 5);
    expect(usage?.totalTokens).toBe(raw.usage.input_tokens + 5 + raw.usage.output_tokens);
  }
});
