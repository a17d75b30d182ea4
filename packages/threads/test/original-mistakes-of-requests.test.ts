import { type ChatClient, createChatClient, ProviderError } from "@minference/clients";
import { type SimulatedProviderOptions, startSimulatedProvider } from "@minference/clients/testing";
import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { afterEach, describe, expect, test } from "vitest";
import * as z from "zod";
import {
  CallableRegistry,
  ChatThread,
  InferenceOrchestrator,
  LLMConfig,
  type Outcome,
  type ResponseFormatName,
  type RunEvent,
  StructuredTool,
  SystemPrompt,
} from "../src/index.ts";
import { connect } from "./support/wire.ts";

// What the system this one follows got wrong about limits, refusals, token counts and formats.

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function serve(options: Partial<SimulatedProviderOptions> = {}) {
  const server = await startSimulatedProvider({ script: () => ({ text: "yes", outputTokens: 10 }), ...options });
  closers.push(() => server.close());
  return server;
}

function talk(baseUrl: string, limits: object, maxAttempts = 5): ChatClient {
  const retry = { maxAttempts, baseDelayMs: 1, maxDelayMs: 2 };
  const client = createChatClient({ provider: "openai", apiKey: "key", baseUrl, limits, retry });
  closers.push(() => client.close());
  return client;
}

function threadsFor(client: string, count: number, overrides: Partial<ConstructorParameters<typeof ChatThread>[0]> = {}): ChatThread[] {
  const llmConfig = LLMConfig.create({ client, model: "m", maxTokens: 20 });
  return Array.from({ length: count }, (_, n) => ChatThread.create({ llmConfig, newMessage: `Is it so? ${n}`, ...overrides }));
}

function orchestrate(clients: Record<string, ChatClient>): InferenceOrchestrator {
  return new InferenceOrchestrator({ registry: new EntityRegistry(new MemoryStorage()), clients });
}

function codes(outcomes: readonly Outcome[]): string[] {
  return outcomes.map((outcome) => {
    if (outcome.status !== "failed") return outcome.status;
    const { cause, code } = outcome.error;
    return ProviderError.is(cause) ? cause.code : code;
  });
}

const plenty = { requestsPerMinute: 60_000, tokensPerMinute: 60_000_000 };

describe("limits", () => {
  test("two runs in a row stay within them together: what the first has spent, the second does not have", async () => {
    // The server allows a little more than the client is told, since neither sees the other's clock.
    const server = await serve({ limits: { requestsPerMinute: 3_300, tokensPerMinute: 6_000_000, burstSeconds: 0.5 } });
    const limits = { requestsPerMinute: 3_000, tokensPerMinute: 6_000_000, burstSeconds: 0.4 };
    const orchestrator = orchestrate({ openai: talk(server.openaiBaseUrl, limits) });
    const first = await orchestrator.runParallel(threadsFor("openai", 20));
    const second = await orchestrator.runParallel(threadsFor("openai", 20));
    expect(new Set(codes([...first, ...second]))).toEqual(new Set(["completed"]));
    expect(server.counts()).toMatchObject({ received: 40, answered: 40, refused: 0 });
  });

  test("a request that needs more than a minute's tokens fails at once with the reason, and the others go on", async () => {
    const server = await serve();
    const orchestrator = orchestrate({
      openai: talk(server.openaiBaseUrl, { requestsPerMinute: 6_000, tokensPerMinute: 6_000, burstSeconds: 60 }),
    });
    const [long] = threadsFor("openai", 1, { newMessage: "far too long a question ".repeat(3_000) });
    const outcomes = await orchestrator.runParallel([...(long === undefined ? [] : [long]), ...threadsFor("openai", 3)]);
    expect(codes(outcomes)).toEqual(["request_exceeds_limit", "completed", "completed", "completed"]);
    expect(server.counts().received).toBe(3);
  });
});

describe("refusals and errors", () => {
  test("a refusal holds back its own key alone; threads on another go on meanwhile", async () => {
    const refusing = await serve({ faults: (received) => (received === 0 ? { kind: "rate_limited", retryAfter: "1" } : undefined) });
    const other = await serve();
    const orchestrator = orchestrate({ held: talk(refusing.openaiBaseUrl, plenty), free: talk(other.openaiBaseUrl, plenty) });
    const order: string[] = [];
    const onEvent = ({ thread, type }: RunEvent): void => {
      if (type === "thread_finished" || type === "request_refused") order.push(`${thread.llmConfig.client} ${type}`);
    };
    const outcomes = await orchestrator.runParallel([...threadsFor("held", 1), ...threadsFor("free", 4)], { onEvent });
    expect(codes(outcomes)).toEqual(Array.from({ length: 5 }, () => "completed"));
    expect(outcomes[0]?.attempts).toBe(2);
    expect(order.at(-1)).toBe("held thread_finished");
    expect(order.filter((each) => each === "free thread_finished")).toHaveLength(4);
  });

  test.each([
    [400, "invalid_request"],
    [401, "authentication"],
    [403, "permission"],
    [404, "not_found"],
    [413, "request_too_large"],
  ])("a %i is final: it is %s, tried once", async (status, code) => {
    const server = await serve({ script: () => ({ refuse: { status, message: "no" } }) });
    const orchestrator = orchestrate({ openai: talk(server.openaiBaseUrl, plenty) });
    const outcomes = await orchestrator.runParallel(threadsFor("openai", 1));
    expect(codes(outcomes)).toEqual([code]);
    expect(outcomes[0]).toMatchObject({ attempts: 1, error: { retryable: false, cause: { status } } });
    expect(server.counts().received).toBe(1);
  });

  test("a 502 with a page of HTML is a server's error like any other, and is tried again", async () => {
    const server = await serve({ faults: (received) => (received < 2 ? "html_bad_gateway" : undefined) });
    const orchestrator = orchestrate({ openai: talk(server.openaiBaseUrl, plenty, 2) });
    const threads = threadsFor("openai", 1);
    const failed = await orchestrator.runParallel(threads);
    expect(failed[0]).toMatchObject({
      attempts: 2,
      error: { code: "provider", retryable: true, cause: { code: "server_error", status: 502 } },
    });
    expect(codes(await orchestrator.runParallel(threads))).toEqual(["completed"]);
  });
});

describe("token counts", () => {
  test.each(["openai", "anthropic"] as const)(
    "%s: answers without text, tools and their results, and reasoning limits are counted, near to what the provider counts",
    async (provider) => {
      await using wire = await connect(provider, ({ request }) =>
        request.messages.at(-1)?.role === "tool"
          ? { text: "found" }
          : { toolCalls: [{ id: "c1", name: "look_up", arguments: { words: "the quick brown fox ".repeat(20) } }] },
      );
      const callables = new CallableRegistry();
      const input = z.object({ words: z.string().describe("What to look up in the encyclopaedia of all things.") });
      const tool = callables.register({ name: "look_up", docstring: "Looks up", input, run: ({ words }) => words.repeat(5) });
      const registry = new EntityRegistry(new MemoryStorage());
      const orchestrator = new InferenceOrchestrator({ registry, clients: { [provider]: wire.client }, callables });
      const llmConfig = LLMConfig.create({ client: provider, model: "m", responseFormat: "auto_tools", reasoner: true, maxTokens: 3_000 });
      const thread = ChatThread.create({ llmConfig, tools: [tool], newMessage: "Look it up." });
      const estimates: number[] = [];
      const reserved: number[] = [];
      const [outcome] = await orchestrator.runParallel([thread], {
        onEvent: (event) => {
          if (event.type === "request_queued") estimates.push(event.estimatedTokens);
          if (event.type === "request_reserved") reserved.push(event.reservedTokens);
        },
      });
      expect(outcome?.status).toBe("completed");
      const actual = outcome?.outputs.map(({ usage }) => usage?.promptTokens ?? 0) ?? [];
      expect(actual).toHaveLength(2);
      for (const [index, tokens] of actual.entries()) {
        expect(estimates[index]).toBeGreaterThan(tokens * 0.6);
        expect(estimates[index]).toBeLessThan(tokens * 1.7);
      }
      expect(reserved[0]).toBeGreaterThanOrEqual(3_000);
    },
  );

  test("what answers really cost corrects what is reserved for the next", async () => {
    await using wire = await connect("openai", () => ({ text: "yes", outputTokens: 10 }));
    const orchestrator = orchestrate({ openai: wire.client });
    const llmConfig = LLMConfig.create({ client: "openai", model: "m", maxTokens: 2_000 });
    const thread = ChatThread.create({ llmConfig, newMessage: null });
    const reserved: number[] = [];
    for (let turn = 0; turn < 10; turn += 1) {
      thread.newMessage = "Is it so?";
      await orchestrator.runParallel([thread], {
        onEvent: (event) => {
          if (event.type === "request_reserved") reserved.push(event.reservedTokens);
        },
      });
    }
    expect(reserved[0]).toBeGreaterThan(2_000);
    expect(reserved.at(-1)).toBeLessThan(400);
  });
});

describe("formats on openai and vllm", () => {
  async function ask(
    responseFormat: ResponseFormatName,
    text: string,
    overrides: Partial<ConstructorParameters<typeof ChatThread>[0]> = {},
  ) {
    await using wire = await connect("openai", () => ({ text }));
    const llmConfig = LLMConfig.create({ client: "openai", model: "m", responseFormat });
    const thread = ChatThread.create({ llmConfig, newMessage: "Well?", ...overrides });
    const [outcome] = await orchestrate({ openai: wire.client }).runParallel([thread]);
    return { outcome, thread, body: wire.bodies[0] ?? "", output: outcome?.outputs[0] };
  }

  test.each(['{"a": 1}', "[1, 2]", '```json\n{"a": 1}\n```'])("text that looks like JSON stays text: %j", async (text) => {
    const { outcome, output, thread } = await ask("text", text);
    expect(outcome?.status).toBe("completed");
    expect(output).toMatchObject({ content: text, jsonObject: null });
    expect(thread.lastAnswer?.content).toBe(text);
  });

  test.each([
    ["json_object", '{"a": 1}', { a: 1 }],
    ["json_beg", '```json\n{"a": 1}\n```', { a: 1 }],
    ["json_beg", "```json\n[1, 2]\n```", [1, 2]],
  ] as const)("%s reads %j", async (format, text, object) => {
    const { output } = await ask(format, text);
    expect(output?.jsonObject?.object).toEqual(object);
  });

  test("the schema instruction and useHistory are heeded", async () => {
    const forcedOutput = StructuredTool.fromZod(z.object({ unusualField: z.string() }));
    const systemPrompt = new SystemPrompt({ name: "s", content: "Be exact." });
    const told = await ask("json_object", '{"unusualField": "x"}', { forcedOutput, systemPrompt, useSchemaInstruction: true });
    expect(told.body).toContain("Be exact.\\n\\nPlease follow this JSON schema for your response:");
    expect(told.body).toContain("unusualField");
    await using wire = await connect("openai", () => ({ text: "yes" }));
    const orchestrator = orchestrate({ openai: wire.client });
    const llmConfig = LLMConfig.create({ client: "openai", model: "m" });
    const thread = ChatThread.create({ llmConfig, useHistory: false, newMessage: "the first question" });
    await orchestrator.runParallel([thread]);
    thread.newMessage = "the second question";
    await orchestrator.runParallel([thread]);
    expect(wire.bodies[1]).not.toContain("the first question");
    expect(thread.history).toHaveLength(4);
  });

  test("vllm is given tools, and what it calls runs", async () => {
    await using wire = await connect("vllm", ({ request }) =>
      request.messages.at(-1)?.role === "tool" ? { text: "42" } : { toolCalls: [{ id: "c1", name: "times", arguments: { a: 6, b: 7 } }] },
    );
    const callables = new CallableRegistry();
    const input = z.object({ a: z.number(), b: z.number() });
    const times = callables.register({ name: "times", docstring: "Multiplies", input, run: ({ a, b }) => a * b });
    const registry = new EntityRegistry(new MemoryStorage());
    const orchestrator = new InferenceOrchestrator({ registry, clients: { vllm: wire.client }, callables });
    const llmConfig = LLMConfig.create({ client: "vllm", model: "m", responseFormat: "auto_tools" });
    const thread = ChatThread.create({ llmConfig, tools: [times], newMessage: "6 times 7?" });
    const [outcome] = await orchestrator.runParallel([thread]);
    expect(outcome).toMatchObject({ status: "completed", answer: { content: "42" } });
    expect(wire.bodies[0]).toContain('"name":"times"');
    expect(thread.history[2]).toMatchObject({ role: "tool", content: "42" });
  });
});
