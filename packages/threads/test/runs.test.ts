import { createChatClient, textOf, toolCallsOf } from "@minference/clients";
import { type SimulatedScript, startSimulatedProvider } from "@minference/clients/testing";
import { expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { ChatThread, InferenceOrchestrator, LLMConfig, ProcessedOutput, type RunEvent, StructuredTool } from "../src/index.ts";
import { makeBench } from "./support/bench.ts";

const callsThenAnswer: SimulatedScript = ({ request }) =>
  request.messages.at(-1)?.role === "tool"
    ? { text: "The sums are 3, 7 and 11." }
    : {
        text: "Let me add.",
        toolCalls: [
          { id: "c1", name: "add", arguments: { a: 1, b: 2 } },
          { id: "c2", name: "add", arguments: { a: 3, b: 4 } },
          { id: "c3", name: "add", arguments: { a: 5, b: 6 } },
        ],
      };

test("a text thread asks once and stores the question and the answer as a version each", async () => {
  const bench = makeBench(() => ({ text: "Three." }));
  const thread = bench.thread("text", { name: "one" });
  const [outcome] = await bench.orchestrator.runParallel([thread]);
  expect(outcome).toMatchObject({ status: "completed", index: 0, attempts: 1 });
  expect(thread.history.map(({ role, content }) => [role, content])).toEqual([
    ["user", "What is 1 + 2?"],
    ["assistant", "Three."],
  ]);
  expect(thread.newMessage).toBeNull();
  const { versions } = await bench.registry.lineage(thread.lineageId);
  const histories = await Promise.all(versions.map(async ({ ecsId }) => (await bench.registry.get(ChatThread, ecsId)).history.length));
  expect(histories).toEqual([1, 2]);
  expect(bench.client.requests).toEqual([
    {
      model: "m-1",
      messages: [
        { role: "system", text: "You are exact." },
        { role: "user", parts: [{ type: "text", text: "What is 1 + 2?" }] },
      ],
      maxTokens: 400,
      useCache: true,
      temperature: 0,
    },
  ]);
});

test("all tool calls of one answer run, beside its text, and all results go back in one message in the order of the calls", async () => {
  const bench = makeBench(callsThenAnswer);
  const thread = bench.thread("auto_tools");
  const [outcome] = await bench.orchestrator.runParallel([thread]);
  expect(outcome?.status).toBe("completed");
  const [, second] = bench.client.requests;
  const [, , answer, results] = second?.messages ?? [];
  if (answer?.role !== "assistant" || results?.role !== "tool") throw new Error("the second request lacks the tool turn");
  expect(textOf(answer)).toBe("Let me add.");
  expect(toolCallsOf(answer).map((call) => call.id)).toEqual(["c1", "c2", "c3"]);
  expect(results.results).toEqual([
    { toolCallId: "c1", content: "3", isError: false },
    { toolCallId: "c2", content: "7", isError: false },
    { toolCallId: "c3", content: "11", isError: false },
  ]);
  expect((await bench.registry.lineage(thread.lineageId)).versions).toHaveLength(4);
  expect(thread.totalUsage.totalTokens).toBe(thread.usages.reduce((sum, usage) => sum + usage.totalTokens, 0));
  expect(thread.usages).toHaveLength(2);
});

test("results keep the order of the calls, whichever tool ends first", async () => {
  const bench = makeBench(({ request }) =>
    request.messages.at(-1)?.role === "tool"
      ? { text: "done" }
      : { toolCalls: ["slow", "quick"].map((name) => ({ id: name, name, arguments: {} })) },
  );
  const started: string[] = [];
  const quickEnded = Promise.withResolvers<void>();
  const tool = (name: string, run: () => Promise<string>) =>
    bench.callables.register({
      name,
      docstring: name,
      input: z.object({}),
      output: z.string(),
      run: async () => (started.push(name), run()),
    });
  const slow = tool("slow", async () => {
    await quickEnded.promise;
    return "slow result";
  });
  const quick = tool("quick", async () => {
    quickEnded.resolve();
    return "quick result";
  });
  const thread = bench.thread("auto_tools", { tools: [slow, quick] });
  await bench.orchestrator.runParallel([thread]);
  expect(started).toEqual(["slow", "quick"]);
  expect(thread.history.filter((message) => message.role === "tool").map((message) => message.content)).toEqual([
    "slow result",
    "quick result",
  ]);
});

test("a forced tool is named in the request, and the turn is over once it ran", async () => {
  const bench = makeBench(() => ({ toolCalls: [{ name: "add", arguments: { a: 1, b: 2 } }] }));
  const thread = bench.thread("tool");
  const [outcome] = await bench.orchestrator.runParallel([thread]);
  expect(outcome?.status).toBe("completed");
  expect(bench.client.requests).toHaveLength(1);
  expect(bench.client.requests[0]?.toolChoice).toEqual({ name: "add" });
  expect(thread.history.map((message) => message.role)).toEqual(["user", "assistant", "tool"]);
  expect(thread.history.at(-1)).toMatchObject({
    content: "3",
    isError: false,
    toolName: "add",
    toolType: "Callable",
    toolCall: { a: 1, b: 2 },
  });
});

test("a turn that is over takes a new message, save where the model goes on by itself", async () => {
  const bench = makeBench(({ request }) =>
    request.toolChoice === undefined ? { text: "3" } : { toolCalls: [{ name: "add", arguments: { a: 1, b: 2 } }] },
  );
  for (const format of ["text", "tool"] as const) {
    const thread = bench.thread(format);
    const [first] = await bench.orchestrator.runParallel([thread]);
    expect(first?.status).toBe("completed");
    const [again] = await bench.orchestrator.runParallel([thread]);
    expect(again).toMatchObject({ status: "failed", error: { code: "no_new_message" }, attempts: 0 });
  }
});

test("a structured tool that the model called gives its object without the nulls that strict mode puts for what is left out", async () => {
  const bench = makeBench(({ sequence }) =>
    sequence === 0 ? { toolCalls: [{ name: "person", arguments: { name: "Ada", nickname: null } }] } : { text: "done" },
  );
  const person = StructuredTool.fromZod(z.object({ name: z.string(), nickname: z.string().optional() }), { name: "person" });
  const [outcome] = await bench.orchestrator.runParallel([bench.thread("auto_tools", { tools: [person] })]);
  if (outcome?.status !== "completed") throw new Error("not completed");
  expect(outcome.outputs[0]?.jsonObject?.object).toEqual({ name: "Ada" });
});

test("a forced structured tool gives a checked object; one that does not fit is shown to the model and asked for again", async () => {
  const bench = makeBench(({ sequence }) => ({
    toolCalls: [{ name: "person", arguments: sequence === 0 ? { name: 7 } : { name: "Ada" } }],
  }));
  const person = StructuredTool.fromZod(z.object({ name: z.string() }), { name: "person" });
  const thread = bench.thread("tool", { forcedOutput: person });
  const [outcome] = await bench.orchestrator.runParallel([thread]);
  if (outcome?.status !== "completed") throw new Error("not completed");
  expect(outcome.outputs.map((output) => output.jsonObject?.object)).toEqual([undefined, { name: "Ada" }]);
  expect(thread.history.map(({ role, isError }) => [role, isError])).toEqual([
    ["user", false],
    ["assistant", false],
    ["tool", true],
    ["assistant", false],
    ["tool", false],
  ]);
  expect(thread.history[2]?.content).toContain("must be string");
});

test("outputs are stored with the message they became, and name the version whose request brought them", async () => {
  const bench = makeBench(callsThenAnswer);
  const thread = bench.thread("auto_tools");
  const [outcome] = await bench.orchestrator.runParallel([thread]);
  const outputs: ProcessedOutput[] = [];
  for await (const output of bench.registry.listByType(ProcessedOutput)) outputs.push(output);
  expect(outputs.map((output) => output.ecsId)).toEqual(outcome?.outputs.map((output) => output.ecsId));
  for (const [index, output] of outputs.entries()) {
    expect(output.chatThreadId).toBe(thread.lineageId);
    const message = thread.history.find((candidate) => candidate.ecsId === output.chatMessageId);
    expect(message?.usage?.ecsId).toBe(output.usage?.ecsId);
    const version = await bench.registry.get(ChatThread, output.rawOutput.chatThreadVersionId ?? "");
    expect(version.toRequest()).toEqual(bench.client.requests[index]);
  }
  const [header] = await bench.storage.loadHeaders([thread.ecsId]);
  const [outputHeader] = await bench.storage.loadHeaders([outputs.at(-1)?.ecsId ?? ""]);
  expect(outputHeader?.commitId).toBe(header?.commitId);
});

test("a second turn goes on from the first", async () => {
  const bench = makeBench(({ request }) => ({ text: `answer ${request.messages.length}` }));
  const thread = bench.thread("text");
  await bench.orchestrator.runParallel([thread]);
  thread.newMessage = "And 3 + 4?";
  await bench.orchestrator.runParallel([thread]);
  expect(thread.history.map((message) => message.content)).toEqual(["What is 1 + 2?", "answer 2", "And 3 + 4?", "answer 4"]);
  expect(thread.history.map((message) => message.parentMessageUuid)).toEqual([
    null,
    ...thread.history.slice(0, 3).map((message) => message.ecsId),
  ]);
});

test("a model that never stops calling tools ends at the step limit, and running again goes on", async () => {
  let patient = true;
  const bench = makeBench(() => (patient ? { toolCalls: [{ name: "add", arguments: { a: 1, b: 1 } }] } : { text: "2" }), { maxSteps: 3 });
  const thread = bench.thread("auto_tools");
  const [outcome] = await bench.orchestrator.runParallel([thread]);
  expect(outcome).toMatchObject({ status: "failed", error: { code: "step_limit" }, attempts: 3 });
  expect(thread.history).toHaveLength(7);
  patient = false;
  const [again] = await bench.orchestrator.runParallel([thread]);
  expect(again?.status).toBe("completed");
  expect(thread.history).toHaveLength(8);
});

test("hundreds of threads share a prompt, a configuration and tools, which are stored once", async () => {
  const bench = makeBench(callsThenAnswer);
  const threads = Array.from({ length: 300 }, (_, index) => bench.thread("auto_tools", { name: `t${index}` }));
  const outcomes = await bench.orchestrator.runParallel(threads);
  expect(
    outcomes.every((outcome, index) => outcome.status === "completed" && outcome.index === index && outcome.thread === threads[index]),
  ).toBe(true);
  for (const type of ["SystemPrompt", "LLMConfig", "CallableTool"]) {
    expect((await bench.storage.list({ types: [type], versions: "all", limit: 10 })).items).toHaveLength(1);
  }
});

test("a configuration without a model takes the orchestrator's default for its client", async () => {
  const bench = makeBench(() => ({ text: "ok" }), { defaultModels: { openai: "fallback" } });
  const llmConfig = LLMConfig.create({ client: "openai" });
  const [outcome] = await bench.orchestrator.runParallel([bench.thread("text", { llmConfig })]);
  expect(outcome?.status).toBe("completed");
  expect(bench.client.requests[0]?.model).toBe("fallback");
});

test("events tell each step of a thread, with the versions it left", async () => {
  const bench = makeBench(callsThenAnswer);
  const thread = bench.thread("auto_tools");
  const events: RunEvent[] = [];
  await bench.orchestrator.runParallel([thread], { onEvent: (event) => events.push(event) });
  const tools = ["tool_started", "tool_started", "tool_started", "tool_finished", "tool_finished", "tool_finished"];
  const request = ["request_queued", "request_reserved", "request_sent", "request_answered"];
  expect(events.map((event) => event.type)).toEqual([
    "thread_started",
    "step_stored",
    ...request,
    "step_stored",
    ...tools,
    "step_stored",
    ...request,
    "step_stored",
    "thread_finished",
  ]);
  const stored = events.filter((event) => event.type === "step_stored");
  expect(stored.map((event) => event.stored)).toEqual(["user message", "answer", "tool results", "answer"]);
  const { versions } = await bench.registry.lineage(thread.lineageId);
  expect(stored.map((event) => [event.versionId, event.commitId])).toEqual(versions.map((version) => [version.ecsId, version.commitId]));
});

test("the requests of all threads are in flight together where no limit is set", async () => {
  const count = 200;
  const everyone = Promise.withResolvers<null>();
  let inFlight = 0;
  const bench = makeBench(async () => {
    inFlight += 1;
    // None is answered before the last one is there.
    if (inFlight === count) everyone.resolve(null);
    await everyone.promise;
    return { text: "3" };
  });
  const outcomes = await bench.orchestrator.runParallel(Array.from({ length: count }, () => bench.thread("text")));
  expect(outcomes.every(({ status }) => status === "completed")).toBe(true);
});

test("a client that was given no limits has as many requests in flight at once as its provider takes at first", async () => {
  const everyone = Promise.withResolvers<null>();
  let inFlight = 0;
  await using server = await startSimulatedProvider({
    script: async () => {
      inFlight += 1;
      if (inFlight === 10) everyone.resolve(null);
      await everyone.promise;
      return { text: "3" };
    },
  });
  const client = createChatClient({ provider: "openai", apiKey: "k", baseUrl: server.openaiBaseUrl });
  onTestFinished(() => client.close());
  const bench = makeBench(() => ({ text: "" }));
  const orchestrator = new InferenceOrchestrator({ registry: bench.registry, clients: { openai: client } });
  const outcomes = await orchestrator.runParallel(Array.from({ length: 10 }, () => bench.thread("text")));
  expect(outcomes.every(({ status }) => status === "completed")).toBe(true);
  expect(server.counts().maxConcurrent).toBe(10);
});
