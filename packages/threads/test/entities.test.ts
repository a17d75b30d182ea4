import { type AnyEntityClass, Entity, EntityError, EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { describe, expect, test } from "vitest";
import {
  CallableTool,
  ChatMessage,
  ChatThread,
  GeneratedJsonObject,
  LLMConfig,
  ProcessedOutput,
  RawOutput,
  RequestLimits,
  StructuredTool,
  SystemPrompt,
  Usage,
} from "../src/index.ts";

const registry = new EntityRegistry(new MemoryStorage());
const schema = { type: "object", properties: {} };
const time = new Date(1_700_000_000_000);
const at = { $type: "date", value: time.toISOString() };
const llmConfig = new LLMConfig({ client: "openai", model: "m" });
const raw = { rawResult: { id: "x" }, completionKwargs: {}, startTime: time, endTime: time, client: "openai", provider: "openai" } as const;
const rawOutput = new RawOutput(raw);
const tokens = { model: "m", promptTokens: 1, completionTokens: 2, totalTokens: 3 };
const message = { timestamp: time, role: "user", content: "hello" } as const;
const processed = { timeTaken: 5, llmClient: "openai", rawOutput };

interface Described {
  /** Made with no more than what is needed. */
  readonly least: Entity;
  /** Makes one with something wrong. */
  readonly wrong: (fields: object) => unknown;
  /** All fields and what they are by default; of those that are needed, what was given. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Values that are refused. */
  readonly refused: readonly (readonly [field: string, value: unknown])[];
}

function make(entityClass: new (input: never) => Entity, needed: object): (fields: object) => unknown {
  return (fields) => Reflect.construct(entityClass, [{ ...needed, ...fields }]);
}

const optionalCounts = [
  "cacheCreationInputTokens",
  "cacheReadInputTokens",
  "cachedTokens",
  "reasoningTokens",
  "audioTokens",
  "acceptedPredictionTokens",
  "rejectedPredictionTokens",
];

const described: Readonly<Record<string, Described>> = {
  SystemPrompt: {
    least: new SystemPrompt({ name: "n", content: "c" }),
    wrong: make(SystemPrompt, { name: "n", content: "c" }),
    fields: { name: "n", content: "c" },
    refused: [
      ["name", null],
      ["content", 1],
    ],
  },
  LLMConfig: {
    least: new LLMConfig({ client: "openai" }),
    wrong: make(LLMConfig, { client: "openai" }),
    fields: {
      client: "openai",
      model: null,
      maxTokens: 400,
      temperature: 0,
      responseFormat: "text",
      useCache: true,
      reasoner: false,
      reasoningEffort: "medium",
      vllm: null,
    },
    refused: [
      ["maxTokens", 0],
      ["temperature", 2.01],
      ["temperature", -0.01],
      ["responseFormat", "xml"],
      ["reasoningEffort", "most"],
    ],
  },
  Usage: {
    least: new Usage(tokens),
    wrong: make(Usage, tokens),
    fields: {
      ...tokens,
      ...Object.fromEntries(optionalCounts.map((name) => [name, null])),
      costUsd: null,
      rates: null,
      reserved: null,
      runId: null,
    },
    refused: [...optionalCounts, "promptTokens"].flatMap((name) => [[name, -1] as const, [name, 0.5] as const]),
  },
  GeneratedJsonObject: {
    least: new GeneratedJsonObject({ name: "n", object: { a: [1, null] } }),
    wrong: make(GeneratedJsonObject, { name: "n", object: {} }),
    fields: { name: "n", object: { a: [1, null] }, toolCallId: null },
    refused: [["object", () => 1]],
  },
  CallableTool: {
    least: new CallableTool({ name: "n", docstring: "d", inputSchema: schema }),
    wrong: make(CallableTool, { name: "n", docstring: "d", inputSchema: schema }),
    fields: { name: "n", docstring: "d", inputSchema: schema, outputSchema: {}, strictSchema: true, callableText: null },
    refused: [
      ["name", "two\nlines"],
      ["inputSchema", { type: "array" }],
      ["outputSchema", "text"],
    ],
  },
  StructuredTool: {
    least: StructuredTool.fromJsonSchema(schema),
    wrong: make(StructuredTool, { name: "n", jsonSchema: schema }),
    fields: {
      name: "generate_structured_output",
      description: "",
      instructionString: "Please follow this JSON schema for your response:",
      jsonSchema: schema,
      strictSchema: true,
    },
    refused: [
      ["name", ""],
      ["jsonSchema", { type: "string" }],
    ],
  },
  ChatMessage: {
    least: new ChatMessage(message),
    wrong: make(ChatMessage, message),
    fields: {
      timestamp: at,
      role: "user",
      content: "hello",
      authorUuid: null,
      chatThreadId: null,
      parentMessageUuid: null,
      toolName: null,
      toolUuid: null,
      toolType: null,
      toolCallId: null,
      toolJsonSchema: null,
      toolCall: null,
      usage: null,
      parts: null,
      isError: false,
    },
    refused: [
      ["role", "robot"],
      ["toolType", "Other"],
      ["content", null],
      ["timestamp", "now"],
    ],
  },
  RawOutput: {
    least: rawOutput,
    wrong: make(RawOutput, raw),
    fields: {
      rawResult: { id: "x" },
      completionKwargs: {},
      startTime: at,
      endTime: at,
      chatThreadId: null,
      chatThreadLiveId: null,
      client: "openai",
      provider: "openai",
    },
    refused: [
      ["rawResult", []],
      ["provider", "nobody"],
      ["startTime", 5],
    ],
  },
  ProcessedOutput: {
    least: new ProcessedOutput(processed),
    wrong: make(ProcessedOutput, processed),
    fields: {
      content: null,
      jsonObject: null,
      usage: null,
      error: null,
      timeTaken: 5,
      llmClient: "openai",
      rawOutput: { $type: "RawOutput", ecsId: rawOutput.ecsId },
      chatThreadId: null,
      chatThreadLiveId: null,
    },
    refused: [
      ["timeTaken", -1],
      ["rawOutput", null],
    ],
  },
  ChatThread: {
    least: new ChatThread({ llmConfig }),
    wrong: make(ChatThread, { llmConfig }),
    fields: {
      name: null,
      systemPrompt: null,
      history: [],
      newMessage: null,
      prefill: "Here's the valid JSON object response:```json",
      postfill: "\n\nPlease provide your response in JSON format.",
      useSchemaInstruction: false,
      useHistory: true,
      forcedOutput: null,
      llmConfig: { $type: "LLMConfig", ecsId: llmConfig.ecsId },
      tools: [],
      workflowStep: null,
    },
    refused: [
      ["workflowStep", -1],
      ["history", [{}]],
      ["tools", ["add"]],
      ["llmConfig", null],
    ],
  },
  RequestLimits: {
    least: new RequestLimits({}),
    wrong: make(RequestLimits, {}),
    fields: { maxRequestsPerMinute: 50, maxTokensPerMinute: 100_000, provider: "openai" },
    refused: [
      ["maxRequestsPerMinute", 0],
      ["maxTokensPerMinute", 1.5],
      ["provider", "nobody"],
    ],
  },
};

describe.each(Object.entries(described))("%s", (name, { fields, least, refused, wrong }) => {
  test("has its fields with their defaults, and what every entity has", () => {
    expect(least.toJSON()).toMatchObject({ $type: name, ...fields });
    for (const id of [least.ecsId, least.liveId, least.lineageId]) expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(least).toMatchObject({ parentId: null, createdAt: expect.any(Date), fromStorage: false });
  });

  test("comes back from a store as it was", async () => {
    await registry.register(least);
    const loaded = await registry.get(classOf(least), least.ecsId);
    expect(loaded).toMatchObject({ fromStorage: true });
    expect(loaded instanceof Entity && loaded.toJSON()).toEqual(least.toJSON());
  });

  test.each(refused)("refuses %s to be %j, when made and when assigned", (field, value) => {
    expect(() => wrong({ [field]: value })).toThrow(EntityError);
    const before = least.toJSON();
    expect(() => Reflect.set(least, field, value)).toThrow(EntityError);
    expect(least.toJSON()).toEqual(before);
  });
});

function classOf(entity: Entity): AnyEntityClass {
  const found = [
    CallableTool,
    ChatMessage,
    ChatThread,
    GeneratedJsonObject,
    LLMConfig,
    ProcessedOutput,
    RawOutput,
    RequestLimits,
    StructuredTool,
    SystemPrompt,
    Usage,
  ].find((entityClass) => entity instanceof entityClass);
  if (found === undefined) throw new Error("the entity has no class of this package");
  return found;
}

test("stored limits are what a client is configured with", () => {
  expect(new RequestLimits({ maxRequestsPerMinute: 7, provider: "anthropic" }).rateLimits).toEqual({
    requestsPerMinute: 7,
    tokensPerMinute: 100_000,
  });
});
