import fc from "fast-check";
import { expect, test } from "vitest";
import { AnthropicStream } from "../src/anthropic/anthropic-stream.ts";
import { fromAnthropicResponse } from "../src/anthropic/from-anthropic-response.ts";
import { createChatClient } from "../src/client/create-chat-client.ts";
import { readStream } from "../src/client/streamed-answer.ts";
import type { ChatRequest } from "../src/contract/chat-request.ts";
import { userMessage } from "../src/contract/message.ts";
import { messageOfStream } from "../src/contract/stream-message.ts";
import type { StreamEvent, StreamPiece } from "../src/contract/stream-event.ts";
import { ProviderError } from "../src/errors/provider-error.ts";
import { fromOpenaiResponse } from "../src/openai/from-openai-response.ts";
import { OpenaiStream } from "../src/openai/openai-stream.ts";
import { anthropicWire } from "../src/testing/anthropic/anthropic-wire.ts";
import { openaiWire } from "../src/testing/openai/openai-wire.ts";
import type { CompleteAnswer } from "../src/testing/simulated-wire.ts";
import { isJsonObject, readJson } from "../src/wire/read-json.ts";
import { UnreadableAnswerError } from "../src/wire/transport.ts";

const wires = [openaiWire, anthropicWire] as const;
const request: ChatRequest = { model: "m", messages: [userMessage("Hi")], maxTokens: 100 };
const answer: CompleteAnswer = {
  text: "Hello 🙂.",
  reasoning: "hm",
  toolCalls: [{ id: "c1", name: "add", argumentsText: '{"a":[1,{"b":null}]}' }],
  finishReason: "tool_calls",
  inputTokens: 10,
  cacheReadTokens: 2,
  outputTokens: 5,
};
const junk = [
  "",
  "null",
  "[]",
  "{}",
  '"',
  "\\",
  "\n\n",
  "data: ",
  "event: error\n",
  "1e999",
  "-1",
  '{"a":',
  "\u0000",
  "true",
  '"index":-1',
  "__proto__",
];

/** How many answers are tried in all; set `MUTATED_ANSWERS=1000000` for a long run. */
const runs = Number(process.env.MUTATED_ANSWERS ?? 6_000);
const bounded = { numRuns: runs / 4 } as const;

const character = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code));

/** Cuts, repeats, swaps and replaces parts of a text. */
const mutation = fc.record({
  at: fc.nat(),
  length: fc.integer({ min: 0, max: 40 }),
  kind: fc.constantFrom("cut", "repeat", "replace", "insert", "end"),
  junk: fc.oneof(
    fc.constantFrom(...junk),
    fc.array(character, { maxLength: 4 }).map((all) => all.join("")),
  ),
});

function mutate(text: string, mutations: readonly { at: number; length: number; kind: string; junk: string }[]): string {
  let now = text;
  for (const { at, length, kind, junk: put } of mutations) {
    const from = at % (now.length + 1);
    const part = now.slice(from, from + length);
    const rest = now.slice(from + length);
    if (kind === "end") now = now.slice(0, from);
    else if (kind === "cut") now = now.slice(0, from) + rest;
    else if (kind === "repeat") now = now.slice(0, from) + part + part + rest;
    else now = now.slice(0, from) + put + (kind === "insert" ? part : "") + rest;
  }
  return now;
}

function chunked(text: string, size: number): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    pull: (controller) => {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, (at += size)));
    },
  });
}

const transports = [
  { wire: openaiWire, readAnswer: fromOpenaiResponse, openStream: () => new OpenaiStream() },
  { wire: anthropicWire, readAnswer: fromAnthropicResponse, openStream: () => new AnthropicStream() },
] as const;

test.each(transports)(
  "$wire.name: whatever becomes of an answer, it is read or found unreadable",
  ({ wire, readAnswer }) => {
    const whole = JSON.stringify(wire.answer("1", "m", answer));
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        const body = readJson(mutate(whole, mutations));
        if (!isJsonObject(body)) return;
        try {
          expect(Array.isArray(readAnswer(body).message.parts)).toBe(true);
        } catch (error) {
          if (!(error instanceof UnreadableAnswerError)) throw error;
        }
      }),
      bounded,
    );
  },
  3_700_000,
);

test.each(transports)(
  "$wire.name: whatever becomes of a stream, it ends, and its events add up to what is read",
  async ({ wire, readAnswer, openStream }) => {
    const whole = wire.stream("1", "m", answer, true).join("");
    const { signal } = new AbortController();
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), fc.integer({ min: 20, max: 3000 }), async (mutations, size) => {
        const stream = openStream();
        const pieces: StreamPiece[] = [];
        try {
          const said = await readStream(chunked(mutate(whole, mutations), size), stream, signal, async (piece) => void pieces.push(piece));
          if (said === null && stream.ended) expect(messageOfStream(pieces)).toEqual(readAnswer(stream.body()).message);
        } catch (error) {
          if (!(error instanceof UnreadableAnswerError)) throw error;
        }
      }),
      bounded,
    );
  },
  3_700_000,
);

test.each(wires.flatMap((wire) => [[wire.name, false, wire] as const, [wire.name, true, wire] as const]))(
  "%s (stream: %s): whatever becomes of an answer, it is read or refused, never more",
  async (name, streaming, wire) => {
    const whole = streaming ? wire.stream("1", "m", answer, true).join("") : JSON.stringify(wire.answer("1", "m", answer));
    let body = whole;
    let size = 1;
    const type = streaming ? "text/event-stream" : "application/json";
    const client = createChatClient(
      {
        provider: name,
        apiKey: "k",
        baseUrl: "http://127.0.0.1:9",
        limits: { requestsPerMinute: 6_000_000_000 },
        retry: { maxAttempts: 1, maxRefusals: 1 },
      },
      { fetch: async () => new Response(chunked(body, size), { headers: { "content-type": type } }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 300 }), async (mutations, chunk) => {
        body = mutate(whole, mutations);
        size = chunk;
        const events: StreamEvent[] = [];
        try {
          const response = await client.chat(request, streaming ? { onStream: (event) => void events.push(event) } : {});
          expect(Array.isArray(response.message.parts)).toBe(true);
          if (streaming) expect(messageOfStream(events)).toEqual(response.message);
        } catch (error) {
          if (!ProviderError.is(error)) throw error;
        }
      }),
      { numRuns: 80 },
    );
    await expect.poll(() => client.status()).toMatchObject([{ queued: 0, running: 0 }]);
  },
);
