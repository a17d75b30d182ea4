import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { createChatClient } from "../src/client/create-chat-client.ts";
import type { Clock } from "../src/clock/clock.ts";
import type { AttemptEvent } from "../src/contract/attempt-event.ts";
import type { ChatRequest } from "../src/contract/chat-request.ts";
import type { ChatResponse } from "../src/contract/chat-response.ts";
import { userMessage } from "../src/contract/message.ts";
import { messageOfStream } from "../src/contract/stream-message.ts";
import type { StreamEvent } from "../src/contract/stream-event.ts";
import type { SimulatedAnswer } from "../src/testing/simulated-model.ts";
import { startSimulatedProvider } from "../src/testing/simulated-provider.ts";
import type { SimulatedProvider, SimulatedProviderOptions, StreamFaultKind } from "../src/testing/simulated-provider-options.ts";
import { ImpatientClock } from "./impatient-clock.ts";
import { ScriptedChatClient } from "../src/testing/scripted-chat-client.ts";

const wires = ["openai", "anthropic"] as const;
const request: ChatRequest = { model: "sim-1", messages: [userMessage("Hi")], maxTokens: 2000 };
const open: SimulatedProvider[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function setUp(wire: (typeof wires)[number], server: Partial<SimulatedProviderOptions>, clock?: Clock) {
  const provider = await startSimulatedProvider({ script: () => ({ text: "Hello there, this is a long answer: 🙂 é." }), ...server });
  open.push(provider);
  const baseUrl = wire === "openai" ? provider.openaiBaseUrl : provider.anthropicBaseUrl;
  const retry = { baseDelayMs: 1, maxDelayMs: 2, maxAttempts: 3 };
  const limits = { requestsPerMinute: 600_000, tokensPerMinute: 600_000_000 };
  return { provider, client: createChatClient({ provider: wire, apiKey: "k", baseUrl, limits, retry }, { clock }) };
}

/** Calls that keep their ids from one answer to the next. */
function withIds(calls: SimulatedAnswer["toolCalls"]): SimulatedAnswer["toolCalls"] {
  return calls?.map((call, at) => Object.assign({}, call, { id: `c${at}` }));
}

/** What does not depend on when and how an answer came. */
function substance({ finishReason, message, usage, model, provider }: ChatResponse) {
  return { finishReason, message, usage, model, provider };
}

const answer: fc.Arbitrary<SimulatedAnswer> = fc.record(
  {
    text: fc.string({ unit: "grapheme", maxLength: 60 }),
    reasoning: fc.string({ maxLength: 40 }),
    toolCalls: fc.array(
      fc.record({ name: fc.constantFrom("add", "look_up"), arguments: fc.dictionary(fc.string({ maxLength: 4 }), fc.integer()) }),
      { maxLength: 3 },
    ),
    finishReason: fc.constantFrom("stop" as const, "length" as const),
  },
  { requiredKeys: [] },
);

test.each(wires)("%s: the events of a stream add up to the response, which is the one that comes whole", async (wire) => {
  let scripted: SimulatedAnswer = {};
  const { client } = await setUp(wire, {
    script: () => ({ ...scripted, toolCalls: withIds(scripted.toolCalls) }),
  });
  await fc.assert(
    fc.asyncProperty(answer, async (given) => {
      scripted = given;
      const events: StreamEvent[] = [];
      const streamed = await client.chat(request, { onStream: (event) => void events.push(event) });
      const whole = await client.chat(request);
      const signed = (response: ChatResponse) => JSON.stringify(substance(response)).replaceAll(/"sim_\d+"/g, '"signature"');
      expect(signed(streamed)).toEqual(signed(whole));
      expect(messageOfStream(events)).toEqual(streamed.message);
      expect(events[0]).toEqual({ type: "started", attempt: 1 });
      expect(events.at(-1)).toEqual({ type: "ended", finishReason: streamed.finishReason });
    }),
    { numRuns: 40 },
  );
});

test("openai: arguments that are read otherwise than written are told last, so that the events add up", async () => {
  const { client } = await setUp("openai", {
    script: () => ({
      text: "Both:",
      toolCalls: [
        { id: "a", name: "add", arguments: { x: 1, y: null } },
        { id: "b", name: "free", arguments: { y: null } },
      ],
    }),
  });
  const inputSchema = { type: "object", properties: { x: { type: "number" }, y: { type: "number" } }, required: ["x"] };
  const tools = [
    { name: "add", inputSchema, strict: true },
    { name: "free", inputSchema: { type: "object" } },
  ];
  const events: StreamEvent[] = [];
  const streamed = await client.chat({ ...request, tools }, { onStream: (event) => void events.push(event) });
  const whole = await client.chat({ ...request, tools });
  expect(streamed.message.parts.slice(1)).toMatchObject([
    { arguments: { x: 1 }, argumentsText: '{"x":1,"y":null}' },
    { arguments: { y: null } },
  ]);
  expect(streamed.message).toEqual(whole.message);
  expect(messageOfStream(events)).toEqual(streamed.message);
});

test.each(wires)("%s: a stream that comes byte by byte reads the same", async (wire) => {
  const { client } = await setUp(wire, { faults: () => "stream_split" });
  const events: StreamEvent[] = [];
  const response = await client.chat(request, { onStream: (event) => void events.push(event) });
  expect(response).toMatchObject({ message: { parts: [{ text: "Hello there, this is a long answer: 🙂 é." }] }, attempts: 1 });
  expect(messageOfStream(events)).toEqual(response.message);
  expect(events.length).toBeGreaterThan(4);
  expect(response.timings.firstTokenAt).toBeGreaterThanOrEqual(response.timings.sentAt);
  expect(response.usage.outputTokens).toBeGreaterThan(0);
});

const broken: readonly (readonly [StreamFaultKind, string])[] = [
  ["stream_cut", "connection"],
  ["stream_short", "connection"],
  ["stream_stall", "timeout"],
  ["stream_error", "overloaded"],
  ["stream_garbage", "malformed_response"],
];

test.each(wires.flatMap((wire) => broken.map(([fault, code]) => [wire, fault, code] as const)))(
  "%s: %s is tried again and told as void, or ends as %s",
  async (wire, fault, code) => {
    const clock = new ImpatientClock();
    let stalled = false;
    const faults = (received: number) => {
      const faulty = received === 0 || received > 1;
      stalled = faulty && fault === "stream_stall";
      return faulty ? fault : undefined;
    };
    const { client, provider } = await setUp(wire, { faults }, clock);
    // What has stalled is given up as soon as something of it was heard.
    const giveUp = ({ type }: StreamEvent): void => void (type === "text" && stalled && setImmediate(() => clock.expire()));
    const events: StreamEvent[] = [];
    const listen = (event: StreamEvent): void => {
      events.push(event);
      giveUp(event);
    };
    const response = await client.chat(request, { onStream: listen });
    expect(response.attempts).toBe(2);
    expect(events.filter(({ type }) => type === "started")).toHaveLength(2);
    expect(messageOfStream(events)).toEqual(response.message);
    expect(provider.counts()).toMatchObject({ received: 2, answered: 1, duplicates: 0 });
    const failed = await client.chat(request, { onStream: giveUp }).catch((error: unknown) => error);
    expect(failed).toMatchObject({ name: "ProviderError", code, attempts: 3, retryable: true });
    expect(client.status()).toMatchObject([{ queued: 0, running: 0 }]);
  },
);

test.each(wires)("%s: abort ends a stream in the middle at once", async (wire) => {
  const { client, provider } = await setUp(wire, { faults: () => "stream_stall" });
  const controller = new AbortController();
  const asked = client.chat(request, {
    signal: controller.signal,
    onStream: ({ type }) => void (type === "text" && controller.abort(new Error("enough"))),
  });
  await expect(asked).rejects.toMatchObject({ code: "aborted", attempts: 1, cause: { message: "enough" } });
  await expect.poll(() => provider.counts().abandoned).toBe(1);
  expect(client.status()).toMatchObject([{ running: 0 }]);
});

test("abort ends a stream at once also where it comes before the first event, of a body that is not told of it", async () => {
  const fetch = async () => new Response(new ReadableStream(), { headers: { "content-type": "text/event-stream" } });
  const controller = new AbortController();
  const client = createChatClient({ provider: "vllm" }, { fetch });
  const asked = client.chat(request, { signal: controller.signal, onStream: () => controller.abort(new Error("enough")) });
  await expect(asked).rejects.toMatchObject({ code: "aborted", cause: { message: "enough" } });
});

test("what a listener throws ends the request, is not tried again and leaves nothing running", async () => {
  const { client, provider } = await setUp("openai", {});
  const asked = client.chat(request, {
    onStream: ({ type }) => {
      if (type === "text") throw new Error("the screen is gone");
    },
  });
  await expect(asked).rejects.toThrow("the screen is gone");
  expect(provider.counts().received).toBe(1);
  expect(client.status()).toMatchObject([{ queued: 0, running: 0 }]);
});

test.each([
  ["a stream", async () => (await setUp("openai", {})).client],
  [
    "an answer that came whole",
    () => {
      const fetch = async () => Response.json({ choices: [{ message: { content: "whole" }, finish_reason: "stop" }] });
      return createChatClient({ provider: "vllm" }, { fetch });
    },
  ],
  ["a scripted answer", () => new ScriptedChatClient({ script: () => ({ text: "Hi" }) })],
])("the attempt whose listener throws at %s is told as failed, once and as one that may be billed", async (_, clientOf) => {
  const events: AttemptEvent[] = [];
  const client = await clientOf();
  const asked = client.chat(request, {
    onStream: ({ type }) => (type === "ended" ? Promise.reject(new Error("the screen is gone")) : undefined),
    onAttempt: (event) => void events.push(event),
  });
  await expect(asked).rejects.toThrow("the screen is gone");
  expect(events.map(({ type }) => type)).toEqual(["queued", "reserved", "sent", "failed"]);
  expect(events.at(-1)).toMatchObject({
    attempt: 1,
    charged: true,
    error: { code: "aborted", attempts: 1, retryable: false, cause: { message: "the screen is gone" } },
  });
});

test.each([
  ["openai", { id: "x", choices: [{ message: { content: "whole" }, finish_reason: "stop" }] }],
  ["anthropic", { type: "message", content: [{ type: "text", text: "whole" }], stop_reason: "end_turn" }],
] as const)("%s: a server that does not stream is read whole", async (wire, body) => {
  const client = createChatClient(
    { provider: wire, apiKey: "k", baseUrl: "http://127.0.0.1:9" },
    { fetch: async () => Response.json(body) },
  );
  const events: StreamEvent[] = [];
  const response = await client.chat(request, { onStream: (event) => void events.push(event) });
  expect(messageOfStream(events)).toEqual(response.message);
  expect(response.message.parts).toEqual([{ type: "text", text: "whole" }]);
});

test("a scripted client tells its answer as a stream too", async () => {
  const client = new ScriptedChatClient({
    script: () => ({ text: "Hi", reasoning: "hm", toolCalls: [{ name: "t", arguments: { a: 1 } }] }),
  });
  const events: StreamEvent[] = [];
  const { message } = await client.chat(request, { onStream: (event) => void events.push(event) });
  expect(messageOfStream(events)).toEqual(message);
});

test.each([
  ["openai", { error: { message: "The server had an error.", type: "server_error", code: null } }, "server_error"],
  ["openai", { error: "boom" }, "server_error"],
  ["openai", { choices: [{ delta: {}, finish_reason: "error", error: { code: 502, message: "gone" } }] }, "server_error"],
  ["openai", { choices: [{ delta: {}, finish_reason: "abort" }] }, "server_error"],
  ["litellm", { error: { message: "slow down", type: null, code: "429" } }, "rate_limited"],
  ["anthropic", { type: "error", error: { type: "api_error", message: "Internal server error" } }, "server_error"],
] as const)("%s: an answer that ends in %o is asked for again, as %s", async (provider, last, code) => {
  const piece = provider === "anthropic" ? { type: "message_start", message: {} } : { choices: [{ delta: { content: "a" } }] };
  const body = [piece, last].map((data) => `data: ${JSON.stringify(data)}\n\n`).join("");
  const fetch = async () => new Response(body, { headers: { "content-type": "text/event-stream" } });
  const retry = { maxAttempts: 2, maxRefusals: 2, baseDelayMs: 0 };
  const client = createChatClient({ provider, apiKey: "k", baseUrl: "http://127.0.0.1:9", limits: {}, retry }, { fetch });
  await expect(client.chat(request, { onStream: () => {} })).rejects.toMatchObject({ code, attempts: 2 });
});

test.each([
  [{ finish_reason: "error", error: { code: 503, message: "gone" } }, "overloaded", "openrouter answered 503: gone"],
  [{ finish_reason: "abort" }, "server_error", "openrouter answered 200: the answer was broken off (abort)"],
])("a whole answer that was broken off (%o) is none", async (choice, code, message) => {
  const fetch = async () => Response.json({ choices: [{ message: { content: "half an" }, ...choice }] });
  const client = createChatClient(
    { provider: "openrouter", apiKey: "k", limits: {}, retry: { maxAttempts: 2, baseDelayMs: 0 } },
    { fetch },
  );
  const charges: boolean[] = [];
  const asked = client.chat(request, { onAttempt: (event) => void (event.type === "failed" && charges.push(event.charged)) });
  await expect(asked).rejects.toMatchObject({ code, message, attempts: 2 });
  expect(charges).toEqual([true, true]);
});
