import { expect, test } from "vitest";
import { createChatClient } from "../src/client/create-chat-client.ts";
import type { Clock } from "../src/clock/clock.ts";
import type { ChatRequest } from "../src/contract/chat-request.ts";
import { toolMessage, userMessage } from "../src/contract/message.ts";
import { textOf, toolCallsOf } from "../src/contract/message-content.ts";
import type { StreamEvent } from "../src/contract/stream-event.ts";
import { messageOfStream } from "../src/contract/stream-message.ts";
import type { AnswerStore } from "../src/kept/answer-store.ts";
import { openaiQuirks } from "../src/openai/openai-quirks.ts";
import { toOpenaiRequest } from "../src/openai/to-openai-request.ts";
import { toAnthropicRequest } from "../src/anthropic/to-anthropic-request.ts";

// Answers that no provider should give, and some do.

const request: ChatRequest = { model: "m", messages: [userMessage("Hi")], maxTokens: 100 };
const limits = { requestsPerMinute: 60_000, tokensPerMinute: 6_000_000 };

function clientOf(provider: "openai" | "anthropic", respond: () => Response | Promise<Response>) {
  return createChatClient(
    { provider, apiKey: "key-0123456789", baseUrl: "http://127.0.0.1:9", limits, retry: { maxAttempts: 1 } },
    { fetch: async () => await respond() },
  );
}

function events(...all: readonly object[]): Response {
  const body = all.map((data) => `data: ${JSON.stringify(data)}\n\n`).join("");
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

const add = (id: string) => ({ id, type: "function", function: { name: "add", arguments: "{}" } });
const delta = (index: number, id: string) => ({ choices: [{ delta: { tool_calls: [{ index, ...add(id) }] } }] });
const use = (id: string) => ({ type: "tool_use", id, name: "add", input: {} });

test.each([
  [
    "openai",
    () => Response.json({ choices: [{ message: { tool_calls: ["x", "x", "", "", "x_2"].map(add) }, finish_reason: "tool_calls" }] }),
    () =>
      events(...["x", "x", "", "", "x_2"].map((id, index) => delta(index, id)), {
        choices: [{ delta: {}, finish_reason: "tool_calls" }],
      } as const),
  ],
  [
    "anthropic",
    () => Response.json({ type: "message", content: ["x", "x", "", "", "x_2"].map(use), stop_reason: "tool_use" }),
    () =>
      events(
        { type: "message_start", message: {} },
        ...["x", "x", "", "", "x_2"].flatMap((id, index) => [
          { type: "content_block_start", index, content_block: use(id) },
          { type: "content_block_stop", index },
        ]),
        { type: "message_delta", delta: { stop_reason: "tool_use" } },
      ),
  ],
] as const)("%s: calls with one id, or none, are told apart, so that each can have its result", async (provider, whole, streamed) => {
  const { message } = await clientOf(provider, whole).chat(request);
  const ids = toolCallsOf(message).map(({ id }) => id);
  expect(ids).toEqual(["x", "x_2", "call_2", "call_3", "x_2_2"]);
  const told: StreamEvent[] = [];
  const stream = await clientOf(provider, streamed).chat(request, { onStream: (event) => void told.push(event) });
  expect(stream.message).toEqual(message);
  expect(messageOfStream(told)).toEqual(message);
  const results = toolMessage(ids.map((toolCallId) => ({ toolCallId, content: toolCallId, isError: false })));
  const next = { ...request, messages: [...request.messages, message, results] };
  expect(() => toOpenaiRequest(next, openaiQuirks.openai)).not.toThrow();
  expect(() => toAnthropicRequest(next)).not.toThrow();
});

test("ids that another provider would refuse are sent as it takes them, the call's and the result's alike", () => {
  const id = "functions.add:0/é and forty characters more than there may be";
  const call = { type: "tool_call", id, name: "add", arguments: {}, argumentsText: "{}" } as const;
  const results = toolMessage([{ toolCallId: id, content: "1", isError: false }]);
  const messages = [userMessage("a"), { role: "assistant", parts: [call] } as const, results];
  for (const [body, longest] of [
    [toOpenaiRequest({ ...request, messages }, openaiQuirks.openai), 40],
    [toAnthropicRequest({ ...request, messages }), 64],
  ] as const) {
    const sent = [...JSON.stringify(body).matchAll(/"(?:id|tool_call_id|tool_use_id)":"([^"]*)"/g)].map(([, value]) => value);
    expect(new Set(sent).size).toBe(1);
    expect(sent).toHaveLength(2);
    expect(sent[0]).toMatch(new RegExp(`^[A-Za-z0-9_-]{1,${longest}}$`));
  }
});

test("bytes that are no UTF-8 become replacement characters, and a mark in front is passed over", async () => {
  const text = Buffer.from('\ufeff{"choices":[{"message":{"content":"aXb"},"finish_reason":"stop"}]}');
  text[text.indexOf("X")] = 0xff;
  const { message } = await clientOf("openai", () => new Response(text)).chat(request);
  expect(textOf(message)).toBe("a\ufffdb");
  const broken = Buffer.from('data: {"choices":[{"delta":{"content":"aXb"},"finish_reason":"stop"}]}\n\n');
  broken[broken.indexOf("X")] = 0xc3;
  const stream = () => new Response(broken, { headers: { "content-type": "text/event-stream" } });
  expect(textOf((await clientOf("openai", stream).chat(request, { onStream: () => {} })).message)).toBe("a\ufffdb");
});

test.each(["openai", "anthropic"] as const)(
  "%s: what is nested a hundred thousand deep is an answer or an error, and leaves nothing behind",
  async (provider) => {
    const deep = `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`;
    const inputSchema = { type: "object", properties: { a: { $ref: "#" } } };
    const tools = [{ name: "add", inputSchema, strict: provider === "openai" }];
    const body =
      provider === "openai"
        ? { choices: [{ message: { tool_calls: [{ id: "x", function: { name: "add", arguments: deep } }] }, finish_reason: "tool_calls" }] }
        : { type: "message", content: [{ ...use("x"), partial_json: deep }], stop_reason: "tool_use" };
    const client = clientOf(provider, () => Response.json(body));
    const outcome: unknown = await client.chat({ ...request, tools }).catch((error: unknown) => error);
    expect(outcome).toSatisfy((value: object) => "message" in value && (!(value instanceof Error) || value.name === "ProviderError"));
    expect(client.status()).toMatchObject([{ queued: 0, running: 0 }]);
  },
);

test("usage that cannot be true neither stops the pool nor fills it", async () => {
  for (const tokens of [-1e12, 1e15, 1e308, 0.5]) {
    const usage = { prompt_tokens: tokens, completion_tokens: tokens };
    const client = clientOf("openai", () => Response.json({ choices: [{ message: { content: "a" }, finish_reason: "stop" }], usage }));
    await client.chat(request);
    const balance = client.status()[0]?.dimensions.find(({ dimension }) => dimension === "tokens")?.balance ?? Number.NaN;
    expect(balance).toBeGreaterThanOrEqual(180_000 - 6_000_000);
    expect(balance).toBeLessThanOrEqual(180_000);
  }
});

test("a page of half a million opened tags is told of as fast as any other", async () => {
  const client = clientOf("openai", () => new Response("<a ".repeat(500_000), { status: 502 }));
  const before = performance.now();
  await expect(client.chat(request)).rejects.toMatchObject({ code: "server_error", status: 502 });
  expect(performance.now() - before).toBeLessThan(5000);
});

test("twenty thousand calls of one id, and arguments of a hundred thousand pieces, are read in time that grows with their number", async () => {
  const calls = Array.from({ length: 20_000 }, () => add("x"));
  const before = performance.now();
  const { message } = await clientOf("openai", () =>
    Response.json({ choices: [{ message: { tool_calls: calls }, finish_reason: "tool_calls" }] }),
  ).chat(request);
  expect(toolCallsOf(message).at(-1)?.id).toBe("x_20000");
  const argumentsText = JSON.stringify({ text: "y".repeat(100_000) });
  const told = Array.from(argumentsText, (piece) => ({ type: "tool_call", part: 0, id: "x", name: "add", argumentsText: piece }) as const);
  expect(toolCallsOf(messageOfStream(told))).toMatchObject([{ argumentsText, arguments: JSON.parse(argumentsText) }]);
  expect(performance.now() - before).toBeLessThan(5000);
});

test("a clock that is set back makes no time negative", async () => {
  let now = Date.UTC(2026, 0, 1);
  let monotonic = 0;
  const clock: Clock = { now: () => (now -= 3_600_000), monotonic: () => (monotonic += 5), after: () => () => {} };
  const body = { choices: [{ message: { content: "a" }, finish_reason: "stop" }] };
  const client = createChatClient(
    { provider: "openai", apiKey: "key-0123456789", limits },
    { clock, fetch: async () => Response.json(body) },
  );
  const { timings } = await client.chat(request, { deadline: new Date(Date.UTC(2027, 0, 1)) });
  expect(timings.queuedMs).toBeGreaterThan(0);
  expect(timings.queuedMs).toBeLessThan(1000);
});

test("an answer that cannot be kept is given all the same; where it was to be recorded nothing more is asked", async () => {
  const full: AnswerStore = { read: async () => null, write: async () => Promise.reject(new Error("no space left")) };
  let asked = 0;
  const fetch = async () => {
    asked += 1;
    return Response.json({ choices: [{ message: { content: "a" }, finish_reason: "stop" }] });
  };
  const client = (mode: "cache" | "record") => createChatClient({ provider: "vllm", limits }, { fetch, answers: { mode, store: full } });
  expect(textOf((await client("cache").chat(request)).message)).toBe("a");
  const recording = client("record");
  expect(textOf((await recording.chat(request)).message)).toBe("a");
  await expect(recording.chat(request)).rejects.toMatchObject({
    name: "ProviderError",
    code: "invalid_request",
    message: expect.stringContaining("no space left"),
  });
  expect(asked).toBe(2);
  const unreadable: AnswerStore = { ...full, read: async () => Promise.reject(new Error("not a directory")) };
  for (const mode of ["cache", "replay"] as const) {
    const reading = createChatClient({ provider: "vllm", limits }, { fetch, answers: { mode, store: unreadable } });
    await expect(reading.chat(request)).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining("not a directory"),
    });
  }
  expect(asked).toBe(2);
});
