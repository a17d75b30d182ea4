import { createChatClient } from "@minference/clients";
import { type SimulatedScript, startSimulatedProvider } from "@minference/clients/testing";
import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { openSqlite } from "@minference/storage-kysely/sqlite";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import * as z from "zod";
import {
  CallableRegistry,
  type CallableTool,
  ChatThread,
  InferenceOrchestrator,
  LLMConfig,
  ProcessedOutput,
  StructuredTool,
  SystemPrompt,
} from "../src/index.ts";
import { connect as connectWire, type Wire } from "./support/wire.ts";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** Connects, until the test ends. */
async function connect(provider: "openai" | "anthropic", script: SimulatedScript): Promise<Wire> {
  const wire = await connectWire(provider, script);
  closers.push(async () => wire[Symbol.asyncDispose]());
  return wire;
}

function multiply(callables: CallableRegistry): CallableTool {
  return callables.register({
    name: "multiply",
    docstring: "Multiplies two numbers",
    input: z.object({ a: z.number(), b: z.number() }),
    output: z.number(),
    run: ({ a, b }) => a * b,
  });
}

const sums: SimulatedScript = ({ request }) =>
  request.messages.at(-1)?.role === "tool"
    ? { text: "12 and 30, and no such tool." }
    : {
        text: "Two products — “exact”.",
        reasoning: "First one, then the other.",
        toolCalls: [
          { name: "multiply", arguments: { b: 4, a: 3 } },
          { name: "divide", arguments: {} },
          { name: "multiply", arguments: { a: 5, b: 6.0 } },
        ],
      };

describe.each(["openai", "anthropic"] as const)("over HTTP on the %s wire", (provider) => {
  test("a model is held strictly to a tool whose arguments may be left out, and leaves them out", async () => {
    const optional = { a: 3, ...(provider === "openai" ? { b: null } : {}) };
    const wire = await connect(provider, ({ request }) =>
      request.messages.at(-1)?.role === "tool" ? { text: "Done." } : { toolCalls: [{ name: "add", arguments: optional }] },
    );
    const callables = new CallableRegistry();
    const given: unknown[] = [];
    const add = callables.register({
      name: "add",
      docstring: "Adds two numbers",
      input: z.object({ a: z.number(), b: z.number().optional() }),
      output: z.number(),
      run: (input) => {
        given.push(input);
        return input.a + (input.b ?? 1);
      },
    });
    const llmConfig = LLMConfig.create({ client: provider, model: "m", responseFormat: "auto_tools" });
    const orchestrator = new InferenceOrchestrator({
      registry: new EntityRegistry(new MemoryStorage()),
      clients: { [provider]: wire.client },
      callables,
    });
    const [outcome] = await orchestrator.runParallel([new ChatThread({ llmConfig, tools: [add], newMessage: "Add." })]);
    expect(outcome?.status).toBe("completed");
    expect(given).toEqual([{ a: 3 }]);
    expect(wire.bodies[0]).toContain('"strict":true');
  });

  test("a tool whose name the provider would refuse is called and kept under its own", async () => {
    const { client } = await connect(provider, ({ request }) => {
      if (request.messages.at(-1)?.role === "tool") return { text: "3" };
      return { toolCalls: [{ name: request.tools?.[0]?.name ?? "", arguments: { of: 9 } }] };
    });
    const callables = new CallableRegistry();
    const root = callables.register({
      name: "math.square root",
      docstring: "",
      input: z.object({ of: z.number() }),
      run: ({ of }) => Math.sqrt(of),
    });
    const llmConfig = LLMConfig.create({ client: provider, model: "m", responseFormat: "auto_tools" });
    const thread = ChatThread.create({ llmConfig, tools: [root], newMessage: "The root of 9?" });
    const registry = new EntityRegistry(new MemoryStorage());
    await new InferenceOrchestrator({ registry, clients: { [provider]: client }, callables }).runParallel([thread]);
    expect(thread.history.map(({ content, toolCalls }) => toolCalls[0]?.name ?? content)).toEqual([
      "The root of 9?",
      "math.square root",
      "3",
      "3",
    ]);
  });

  test("many threads with tools complete on a server that is strict about every request", async () => {
    const wire = await connect(provider, sums);
    const callables = new CallableRegistry();
    const tool = multiply(callables);
    const registry = new EntityRegistry(new MemoryStorage());
    const orchestrator = new InferenceOrchestrator({ registry, clients: { [provider]: wire.client }, callables });
    const llmConfig = LLMConfig.create({
      client: provider,
      model: "model-1",
      responseFormat: "auto_tools",
      reasoner: true,
      maxTokens: 4_000,
    });
    const systemPrompt = new SystemPrompt({ name: "maths", content: "Use the tools." });
    const threads = Array.from({ length: 30 }, (_, index) =>
      ChatThread.create({ name: `t${index}`, systemPrompt, llmConfig, tools: [tool], newMessage: `3 × 4 and 5 × 6? (${index})` }),
    );
    const outcomes = await orchestrator.runParallel(threads);
    for (const outcome of outcomes) if (outcome.status === "failed") throw outcome.error;
    expect(outcomes.map((outcome) => outcome.status)).toEqual(threads.map(() => "completed"));
    expect(wire.server.counts()).toMatchObject({ answered: 60, refused: 0, duplicates: 0, byStatus: { 200: 60 } });
    const [first] = outcomes;
    const [output] = first?.outputs ?? [];
    expect(output?.content).toBe("Two products — “exact”.");
    expect(output?.rawOutput.content).toBe(output?.content);
    expect(output?.rawOutput.jsonObject).toMatchObject({ name: "multiply", object: { a: 3, b: 4 } });
    expect(output?.rawOutput.usage?.totalTokens).toBe(output?.usage?.totalTokens);
    expect(output?.rawOutput.error).toBeNull();
    expect(output?.timeTaken).toBeGreaterThanOrEqual(0);
    expect(JSON.stringify(output?.rawOutput.completionKwargs)).not.toContain("test-key");
  });

  test.each(["memory", "sqlite"])(
    "a conversation loaded by another registry on the same %s storage is sent byte for byte as before",
    async (kind) => {
      const wire = await connect(provider, sums);
      const callables = new CallableRegistry();
      const tool = multiply(callables);
      const other = StructuredTool.fromJsonSchema({ type: "object", properties: { z: { type: "number" }, a: { type: "string" } } });
      const directory = await mkdtemp(join(tmpdir(), "minference-threads-"));
      closers.push(() => rm(directory, { recursive: true }));
      const storage = kind === "memory" ? new MemoryStorage() : await openSqlite(join(directory, "chat.db"));
      closers.push(() => storage.close());
      const options = { clients: { [provider]: wire.client }, callables };
      const llmConfig = LLMConfig.create({ client: provider, model: "model-1", responseFormat: "auto_tools", maxTokens: 4_000 });
      const systemPrompt = new SystemPrompt({ name: "maths", content: "Use the tools.\n\t\u{1F9EE}" });
      const thread = ChatThread.create({ systemPrompt, llmConfig, tools: [tool, other], newMessage: "3 × 4 and 5 × 6?" });
      const [outcome] = await new InferenceOrchestrator({ registry: new EntityRegistry(storage), ...options }).runParallel([thread]);
      expect(outcome?.status).toBe("completed");

      const registry = new EntityRegistry(storage);
      const loaded = await registry.get(ChatThread, thread.ecsId);
      expect(loaded.toRequest()).toEqual(thread.toRequest());
      for (const copy of [thread, loaded]) {
        copy.newMessage = "Once more.";
        await wire.client.chat(copy.toRequest());
      }
      const [fromLoaded, fromMemory] = [wire.bodies.at(-1), wire.bodies.at(-2)];
      expect(fromLoaded).toBe(fromMemory);
      expect(fromLoaded).toMatch(provider === "openai" ? /"tool_calls":/ : /"signature":"sim_0".*"tool_use"/);

      const [again] = await new InferenceOrchestrator({ registry, ...options }).runParallel([loaded]);
      expect(again?.status).toBe("completed");
      expect(wire.bodies.filter((body) => body === fromLoaded)).toHaveLength(3);
      let outputs = 0;
      for await (const output of registry.listByType(ProcessedOutput)) {
        expect(output.chatThreadId).toBe(thread.lineageId);
        outputs += 1;
      }
      expect(outputs).toBe(4);
    },
  );

  test("an error of the server is a failed outcome that says it may be tried again, and then succeeds", async () => {
    const server = await startSimulatedProvider({
      script: () => ({ text: "fine" }),
      faults: (received) => (received === 0 ? "server_error" : undefined),
    });
    closers.push(() => server.close());
    const baseUrl = provider === "openai" ? server.openaiBaseUrl : server.anthropicBaseUrl;
    const client = createChatClient({ provider, apiKey: "k", baseUrl, retry: { maxAttempts: 1 } });
    closers.push(() => client.close());
    const orchestrator = new InferenceOrchestrator({ registry: new EntityRegistry(new MemoryStorage()), clients: { it: client } });
    const thread = ChatThread.create({ llmConfig: new LLMConfig({ client: "it", model: "m" }), newMessage: "hello" });
    const [failed] = await orchestrator.runParallel([thread]);
    expect(failed).toMatchObject({
      status: "failed",
      error: { code: "provider", retryable: true, cause: { code: "server_error", status: 500 } },
    });
    const [completed] = await orchestrator.runParallel([thread]);
    expect(completed?.status).toBe("completed");
  });
});

test("what only vLLM takes is stored with the configuration and reaches the server", async () => {
  await using wire = await connectWire("vllm", () => ({ text: "yes" }));
  const storage = new MemoryStorage();
  const vllm = { guided: { choice: ["yes", "no"] }, chatTemplateKwargs: { enable_thinking: false } };
  const thread = ChatThread.create({ llmConfig: LLMConfig.create({ client: "vllm", model: "m", vllm }), newMessage: "Is it?" });
  await new EntityRegistry(storage).register(thread);
  const registry = new EntityRegistry(storage);
  const loaded = await registry.get(ChatThread, thread.ecsId);
  const [outcome] = await new InferenceOrchestrator({ registry, clients: { vllm: wire.client } }).runParallel([loaded]);
  expect(outcome?.status).toBe("completed");
  expect(JSON.parse(wire.bodies[0] ?? "")).toMatchObject({
    structured_outputs: { choice: ["yes", "no"] },
    chat_template_kwargs: { enable_thinking: false },
  });
});
