import { type ChatClient, ProviderError } from "@minference/clients";
import { ScriptedChatClient } from "@minference/clients/testing";
import { MemoryStorage } from "@minference/storage-memory";
import { ConflictError, EntityRegistry } from "@minference/ecs";
import { expect, test } from "vitest";
import * as z from "zod";
import {
  Budget,
  CallableRegistry,
  ChatThread,
  InferenceOrchestrator,
  LLMConfig,
  type Outcome,
  ProcessedOutput,
  type RunEvent,
  ThreadError,
  type ThreadErrorCode,
} from "../src/index.ts";
import { makeBench } from "./support/bench.ts";
import { failingStorage } from "./support/failing-storage.ts";

function codeOf(outcome: Outcome | undefined): ThreadErrorCode | undefined {
  return outcome?.status === "failed" ? outcome.error.code : undefined;
}

test("a provider's error is a failed outcome with the error as its cause, and leaves no message", async () => {
  const bench = makeBench(() => ({ refuse: { status: 400, message: "bad request" } }));
  const thread = bench.thread("text");
  const [outcome] = await bench.orchestrator.runParallel([thread]);
  expect(codeOf(outcome)).toBe("provider");
  expect(outcome).toMatchObject({ attempts: 1, outputs: [] });
  expect(outcome?.status === "failed" && ProviderError.is(outcome.error.cause)).toBe(true);
  expect(thread.history.map((message) => message.role)).toEqual(["user"]);
  expect(thread.hasModifications()).toBe(false);
});

test("a failed turn is taken up again without a new message", async () => {
  let broken = true;
  const bench = makeBench(() => (broken ? { refuse: { status: 400, message: "bad" } } : { text: "3" }));
  const thread = bench.thread("text");
  await bench.orchestrator.runParallel([thread]);
  broken = false;
  const [outcome] = await bench.orchestrator.runParallel([thread]);
  expect(outcome?.status).toBe("completed");
  expect(thread.history.map((message) => message.role)).toEqual(["user", "assistant"]);
});

test.each([
  { name: "cut off", answer: { text: "Thr", finishReason: "length" }, code: "truncated" },
  { name: "refused", answer: { text: "I'd rather not.", finishReason: "refusal" }, code: "refused" },
  { name: "filtered", answer: { text: "", finishReason: "content_filter" }, code: "content_filtered" },
  { name: "empty", answer: { text: "", finishReason: "stop" }, code: "empty_answer" },
] as const)("an answer that is $name is a failure with its own code, and what came is kept", async ({ answer, code }) => {
  const bench = makeBench(() => answer);
  const thread = bench.thread("text");
  const [outcome] = await bench.orchestrator.runParallel([thread]);
  expect(codeOf(outcome)).toBe(code);
  expect(thread.history.map((message) => message.role)).toEqual(["user"]);
  const { items } = await bench.registry.list(ProcessedOutput);
  const [kept] = await bench.registry.getMany(
    ProcessedOutput,
    items.map((item) => item.ecsId),
  );
  expect(kept?.error).toBe(outcome?.status === "failed" ? outcome.error.message : null);
  expect(kept?.usage?.completionTokens).toBeGreaterThan(0);
  expect(kept?.chatMessageId).toBeNull();
  if (code === "truncated") expect(kept?.content).toBe("Thr");
});

const twice = { id: "same", name: "add", arguments: { a: 1, b: 2 } };

test("tool calls that come with one id are told apart, and each has its result", async () => {
  const bench = makeBench(({ request }) => (request.messages.at(-1)?.role === "tool" ? { text: "done" } : { toolCalls: [twice, twice] }));
  const thread = bench.thread("auto_tools");
  expect((await bench.orchestrator.runParallel([thread]))[0]?.status).toBe("completed");
  expect(thread.history.map((message) => message.role)).toEqual(["user", "assistant", "tool", "tool", "assistant"]);
});

test("tool calls that share an id are a failure where a client leaves them so, since no result could be told from another", async () => {
  const inner = new ScriptedChatClient({ script: () => ({ toolCalls: [twice, twice] }) });
  const careless: ChatClient = {
    provider: inner.provider,
    chat: async (request, options) => {
      const response = await inner.chat(request, options);
      const parts = response.message.parts.map((part) => (part.type === "tool_call" ? Object.assign({}, part, { id: "same" }) : part));
      return { ...response, message: { role: "assistant", parts } };
    },
    status: () => [],
    close: async () => {},
  };
  const bench = makeBench(() => ({}), { clients: { openai: careless } });
  const thread = bench.thread("auto_tools");
  expect(codeOf((await bench.orchestrator.runParallel([thread]))[0])).toBe("invalid_answer");
  expect(thread.history.map((message) => message.role)).toEqual(["user"]);
});

test("an answer without the forced call is a failure", async () => {
  const bench = makeBench(() => ({ text: "3" }));
  expect(codeOf((await bench.orchestrator.runParallel([bench.thread("tool")]))[0])).toBe("missing_tool_call");
});

test("an unknown tool, malformed and unfit arguments, a throwing and a slow tool each give the model an error result", async () => {
  const bench = makeBench(({ request }) =>
    request.messages.at(-1)?.role === "tool"
      ? { text: "sorry" }
      : {
          toolCalls: [
            { id: "unknown", name: "nope", arguments: {} },
            { id: "malformed", name: "add", argumentsText: '{"a": 1' },
            { id: "unfit", name: "add", arguments: { a: "one", b: 2 } },
            { id: "throwing", name: "explode", arguments: {} },
            { id: "slow", name: "sleep", arguments: {} },
            { id: "odd", name: "lie", arguments: {} },
            { id: "fine", name: "add", arguments: { a: 1, b: 2 } },
          ],
        },
  );
  let explosions = 0;
  const register = (name: string, run: () => Promise<string>, timeoutMs?: number) =>
    bench.callables.register({ name, docstring: name, input: z.object({}), output: z.string().max(3), timeoutMs, run });
  const tools = [
    bench.add,
    register("explode", async () => {
      explosions += 1;
      throw new TypeError("boom");
    }),
    register("sleep", () => new Promise(() => {}), 5),
    register("lie", async () => "too long"),
  ];
  const thread = bench.thread("auto_tools", { tools });
  const events: RunEvent[] = [];
  const [outcome] = await bench.orchestrator.runParallel([thread], { onEvent: (event) => events.push(event) });
  expect(outcome?.status).toBe("completed");
  expect(explosions).toBe(1);
  const results = thread.history.filter((message) => message.role === "tool");
  expect(results.map(({ toolCallId, isError }) => [toolCallId, isError])).toEqual([
    ["unknown", true],
    ["malformed", true],
    ["unfit", true],
    ["throwing", true],
    ["slow", true],
    ["odd", true],
    ["fine", false],
  ]);
  expect(results.map((message) => message.content)).toEqual([
    expect.stringContaining("add, explode, sleep, lie"),
    expect.stringContaining("not valid JSON"),
    expect.stringContaining("expected number"),
    expect.stringContaining("boom"),
    expect.stringContaining("5 ms"),
    expect.stringContaining("do not fit the schema"),
    "3",
  ]);
  const codes = events.flatMap((event) => (event.type === "tool_finished" ? [[event.toolCallId, event.errorCode]] : []));
  expect(Object.fromEntries(codes)).toEqual({
    unknown: "unknown_tool",
    malformed: "invalid_arguments",
    unfit: "invalid_arguments",
    throwing: "tool_failed",
    slow: "tool_timeout",
    odd: "invalid_result",
    fine: null,
  });
  const [, second] = bench.client.requests;
  const sent = second?.messages.at(-1);
  expect(sent?.role === "tool" && sent.results.map((result) => result.isError)).toEqual([true, true, true, true, true, true, false]);
});

test("one outcome a thread, in order, whatever is wrong with some of them", async () => {
  const bench = makeBench(() => ({ text: "3" }));
  const stranger = LLMConfig.create({ client: "elsewhere", model: "m" });
  const modelless = LLMConfig.create({ client: "openai" });
  const unbound = new CallableRegistry().register({ name: "ghost", docstring: "", input: z.object({}), run: () => "" });
  const threads = [
    bench.thread("text"),
    bench.thread("text", { llmConfig: stranger }),
    bench.thread("text", { newMessage: null }),
    bench.thread("auto_tools", { tools: [unbound] }),
    bench.thread("text", { llmConfig: modelless }),
    bench.thread("text", { newMessage: "  " }),
    bench.thread("tool", { forcedOutput: null }),
    bench.thread("text"),
  ];
  const outcomes = await bench.orchestrator.runParallel(threads);
  expect(outcomes.map((outcome) => codeOf(outcome) ?? outcome.status)).toEqual([
    "completed",
    "unknown_client",
    "no_new_message",
    "unbound_tool",
    "no_model",
    "no_new_message",
    "invalid_thread",
    "completed",
  ]);
  expect(outcomes.map((outcome) => outcome.thread)).toEqual(threads);
  expect(bench.client.requests).toHaveLength(2);
});

test("the same thread twice in one call, or while it is running, is refused before anything is sent", async () => {
  const gate = Promise.withResolvers<void>();
  const bench = makeBench(async () => {
    await gate.promise;
    return { text: "3" };
  });
  const thread = bench.thread("text");
  await expect(bench.orchestrator.runParallel([bench.thread("text"), thread, thread])).rejects.toMatchObject({
    code: "duplicate_thread",
    message: expect.stringContaining("threads 1 and 2"),
  });
  const twice = { code: "duplicate_thread" };
  await expect(bench.orchestrator.runUntil([thread, thread], () => true)).rejects.toMatchObject(twice);
  await expect(bench.orchestrator.run([thread, thread]).next()).rejects.toMatchObject(twice);
  expect(bench.client.requests).toEqual([]);
  const first = bench.orchestrator.runParallel([thread]);
  await expect(bench.orchestrator.runParallel([thread])).rejects.toSatisfy(ThreadError.is);
  gate.resolve();
  expect((await first)[0]?.status).toBe("completed");
});

test("a thread that another copy moved on fails with a conflict before it is asked, and costs the others nothing", async () => {
  const bench = makeBench(() => ({ text: "3" }));
  const thread = bench.thread("text");
  await bench.registry.register(thread);
  const copy = await bench.registry.get(ChatThread, thread.ecsId);
  copy.name = "moved on";
  await bench.registry.register(copy);
  const outcomes = await bench.orchestrator.runParallel([bench.thread("text"), thread, bench.thread("text")]);
  expect(outcomes.map((outcome) => codeOf(outcome) ?? outcome.status)).toEqual(["completed", "conflict", "completed"]);
  expect(outcomes[1]?.status === "failed" && ConflictError.is(outcomes[1].error.cause)).toBe(true);
  expect(thread.history).toHaveLength(0);
  expect(thread.newMessage).toBe("What is 1 + 2?");
  expect(bench.client.requests).toHaveLength(2);
});

test("an answer that was paid for is kept as a branch when the thread was moved on meanwhile", async () => {
  const gate = Promise.withResolvers<void>();
  const bench = makeBench(async () => {
    await gate.promise;
    return { text: "3" };
  });
  const thread = bench.thread("text");
  const stored = Promise.withResolvers<void>();
  const running = bench.orchestrator.runParallel([thread], { onEvent: (event) => event.type === "request_sent" && stored.resolve() });
  await stored.promise;
  const copy = await bench.registry.get(ChatThread, thread.ecsId);
  copy.name = "moved on";
  await bench.registry.register(copy);
  gate.resolve();
  expect((await running)[0]?.status).toBe("completed");
  const { heads } = await bench.registry.lineage(thread.lineageId);
  expect(heads.map((head) => head.ecsId).toSorted()).toEqual([copy.ecsId, thread.ecsId].toSorted());
});

test.each(["user message", "answer", "tool results", "no answer"])(
  "when the step %s can't be stored, that thread alone fails and is as it was",
  async (step) => {
    const memory = new MemoryStorage();
    const broken = new Set<unknown>();
    const storage = failingStorage(
      memory,
      ({ message, versions }) =>
        message === step && versions.some((version) => broken.has(version.lineageId) || broken.has(version.payload?.chatThreadId)),
    );
    const bench = makeBench(
      ({ request }) => {
        if (step === "no answer") return { text: "", finishReason: "content_filter" };
        return request.messages.at(-1)?.role === "tool" ? { text: "3" } : { toolCalls: [{ name: "add", arguments: { a: 1, b: 2 } }] };
      },
      { storage },
    );
    const thread = bench.thread("auto_tools");
    const other = bench.thread("auto_tools");
    broken.add(thread.lineageId);
    const outcomes = await bench.orchestrator.runParallel([thread, other]);
    expect(codeOf(outcomes[0])).toBe("storage");
    expect(codeOf(outcomes[1]) ?? outcomes[1]?.status).toBe(step === "no answer" ? "content_filtered" : "completed");
    const before = { "user message": [], answer: ["user"], "tool results": ["user", "assistant"], "no answer": ["user"] }[step];
    expect(thread.history.map((message) => message.role)).toEqual(before);
    expect(thread.newMessage).toBe(step === "user message" ? "What is 1 + 2?" : null);
    expect(outcomes[0]?.outputs).toHaveLength(step === "user message" ? 0 : 1);
    broken.clear();
    if (step === "no answer") return;
    const [again] = await bench.orchestrator.runParallel([thread]);
    expect(again?.status).toBe("completed");
    const loaded = await new EntityRegistry(memory).get(ChatThread, thread.ecsId);
    expect(loaded.toRequest()).toEqual(thread.toRequest());
  },
);

test("a shared part that can't be stored costs no thread more than its own commit says", async () => {
  let failures = 0;
  const storage = failingStorage(new MemoryStorage(), (commit) => commit.message === "shared settings" && (failures += 1) > 0);
  const bench = makeBench(() => ({ text: "3" }), { storage });
  const outcomes = await bench.orchestrator.runParallel([bench.thread("text"), bench.thread("text")]);
  expect(failures).toBeGreaterThan(0);
  expect(outcomes.map((outcome) => outcome.status)).toEqual(["completed", "completed"]);
});

test("an event handler that throws ends the thread after its step, with nothing lost", async () => {
  const bench = makeBench(() => ({ text: "3" }));
  const thread = bench.thread("text");
  const [outcome] = await bench.orchestrator.runParallel([thread], {
    onEvent: (event) => {
      if (event.type === "request_answered") throw new Error("broken display");
    },
  });
  expect(codeOf(outcome)).toBe("event_handler");
  expect(outcome).toMatchObject({ error: { cause: { message: "broken display" } } });
  const stored = await bench.registry.get(ChatThread, thread.ecsId);
  expect(stored.history.at(-1)?.content).toBe("3");
});

test("an event handler that gives a promise which rejects is one that throws, and ends its own thread alone", async () => {
  const rejected = (): unknown => Promise.reject(new Error("broken display"));
  const bench = makeBench(() => ({ text: "3" }));
  const outcomes = await bench.orchestrator.runParallel([bench.thread("text"), bench.thread("text")], {
    onEvent: ({ index, type }) => (index === 0 && type === "thread_started" ? rejected() : undefined),
  });
  expect(outcomes.map(codeOf)).toEqual(["event_handler", undefined]);
  expect(outcomes[0]).toMatchObject({ error: { cause: { message: "broken display" } } });
  expect(bench.client.requests).toHaveLength(1);
});

test("a client whose own listener of a stream throws fails its thread alone, with the end of the attempt told and paid for", async () => {
  const scripted = new ScriptedChatClient({ script: () => ({ text: "3" }) });
  const listening: ChatClient = {
    provider: scripted.provider,
    status: () => scripted.status(),
    close: () => scripted.close(),
    chat: (request, options) => scripted.chat(request, { ...options, onStream: () => Promise.reject(new Error("broken display")) }),
  };
  const bench = makeBench(() => ({ text: "3" }), { clients: { openai: listening, other: scripted } });
  const threads = [
    bench.thread("text"),
    bench.thread("text", { llmConfig: LLMConfig.create({ client: "other", model: "m-1", responseFormat: "text" }) }),
  ];
  const told: string[] = [];
  const budget = new Budget({});
  const outcomes = await bench.orchestrator.runParallel(threads, {
    budget,
    onEvent: ({ index, type }) => void (index === 0 && type.startsWith("request_") && told.push(type)),
  });
  expect(outcomes.map(codeOf)).toEqual(["unexpected", undefined]);
  expect(outcomes[0]).toMatchObject({ error: { cause: { message: "broken display" } } });
  expect(told).toEqual(["request_queued", "request_reserved", "request_sent", "request_failed"]);
  expect(budget.reserved.tokens).toBe(0);
  const stored = await bench.registry.get(ChatThread, threads[0]?.ecsId ?? "");
  expect(stored.history.map(({ content }) => content)).toEqual(["What is 1 + 2?"]);
});

test("limits that are no positive numbers are refused", async () => {
  const bench = makeBench(() => ({ text: "" }));
  const options = { registry: bench.registry, clients: {} };
  expect(() => new InferenceOrchestrator({ ...options, maxSteps: 0 })).toThrow(/maxSteps/);
  expect(() => new InferenceOrchestrator({ ...options, toolTimeoutMs: -1 })).toThrow(/toolTimeoutMs/);
  await expect(bench.orchestrator.runParallel([], { maxSteps: 1.5 })).rejects.toMatchObject({ code: "invalid_config" });
});
