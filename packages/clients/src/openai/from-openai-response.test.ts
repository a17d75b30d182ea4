import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonObject } from "../contract/json.ts";
import { UnreadableAnswerError } from "../wire/transport.ts";
import { fromOpenaiError } from "./from-openai-error.ts";
import { fromOpenaiResponse } from "./from-openai-response.ts";

function completion(message: JsonObject, finish: string | null = "stop", more: JsonObject = {}): JsonObject {
  return { id: "chatcmpl-1", object: "chat.completion", model: "m-2026", choices: [{ index: 0, message, finish_reason: finish }], ...more };
}

test("reads text, several tool calls and usage, and keeps what it does not know", () => {
  const body = completion(
    {
      role: "assistant",
      content: "Both:",
      tool_calls: [
        { id: "c1", type: "function", function: { name: "add", arguments: '{"a":1}' } },
        { id: "c2", type: "function", function: { name: "now", arguments: "" } },
        { id: "c3", type: "function", function: { name: "add", arguments: '{"a":1' } },
      ],
      annotations: [{ new_field: true }],
    },
    "tool_calls",
    {
      usage: {
        prompt_tokens: 100,
        completion_tokens: 50,
        total_tokens: 150,
        prompt_tokens_details: { cached_tokens: 64 },
        completion_tokens_details: { reasoning_tokens: 20 },
      },
      service_tier: "default",
    },
  );
  const answer = fromOpenaiResponse(body);
  expect(answer).toMatchObject({ id: "chatcmpl-1", model: "m-2026", finishReason: "tool_calls" });
  expect(answer.message.parts).toEqual([
    { type: "text", text: "Both:" },
    { type: "tool_call", id: "c1", name: "add", arguments: { a: 1 }, argumentsText: '{"a":1}' },
    { type: "tool_call", id: "c2", name: "now", arguments: {}, argumentsText: "" },
    { type: "tool_call", id: "c3", name: "add", argumentsText: '{"a":1', error: expect.stringContaining("not valid JSON") },
  ]);
  expect(answer.usage).toMatchObject({ inputTokens: 100, outputTokens: 50, totalTokens: 150, cacheReadTokens: 64, reasoningTokens: 20 });
  expect(answer.raw).toBe(body);
});

test.each<[string, JsonObject, string | null, string]>([
  ["a plain answer", { content: "x" }, "stop", "stop"],
  ["a forced tool call", { content: null, tool_calls: [{ id: "c", function: { name: "t", arguments: "{}" } }] }, "stop", "tool_calls"],
  ["a truncated answer", { content: "x" }, "length", "length"],
  ["a truncated tool call", { tool_calls: [{ id: "c", function: { name: "t", arguments: "{" } }] }, "length", "length"],
  ["a refusal", { content: null, refusal: "No." }, "stop", "refusal"],
  ["a filtered answer", { content: "" }, "content_filter", "content_filter"],
  ["a reason that is new", { content: "x" }, "novelty", "stop"],
  ["no reason", { content: "x" }, null, "stop"],
])("tells how %s ended", (_, message, finish, expected) => {
  expect(fromOpenaiResponse(completion(message, finish)).finishReason).toBe(expected);
});

test("keeps reasoning with its opaque details", () => {
  const details = [{ type: "reasoning.encrypted", data: "zzz" }];
  const { message } = fromOpenaiResponse(completion({ content: "4", reasoning: "2+2", reasoning_details: details }));
  expect(message.parts).toEqual([
    { type: "reasoning", text: "2+2", wire: "openai", opaque: details },
    { type: "text", text: "4" },
  ]);
});

test("an answer without usage, or with one it cannot read, is still an answer", () => {
  expect(fromOpenaiResponse(completion({ content: "x" })).usage).toBeNull();
  expect(fromOpenaiResponse(completion({ content: "x" }, "stop", { usage: { prompt_tokens: "many" } })).usage).toBeNull();
});

test("whatever JSON comes, it is read or refused as unreadable", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom("id", "model", "choices", "usage", "x"), fc.jsonValue()), (body) => {
      const copy: JsonObject = JSON.parse(JSON.stringify(body));
      try {
        fromOpenaiResponse(copy);
      } catch (error) {
        expect(error).toBeInstanceOf(UnreadableAnswerError);
      }
      expect(fromOpenaiError(500, copy).status).toBe(500);
    }),
  );
});

test("reads errors with and without an envelope", () => {
  expect(fromOpenaiError(429, { error: { message: "m", type: "tokens", code: "rate_limit_exceeded" } })).toMatchObject({
    status: 429,
    type: "tokens",
    code: "rate_limit_exceeded",
    message: "m",
  });
  expect(fromOpenaiError(400, { object: "error", message: "m", type: "BadRequestError", code: 400 })).toMatchObject({
    status: 400,
    message: "m",
  });
  expect(fromOpenaiError(200, { error: { message: "m", code: 502 } })).toMatchObject({ status: 502 });
  expect(fromOpenaiError(404, { error: "not here" })).toMatchObject({ status: 404, message: "not here" });
  expect(fromOpenaiError(502, undefined)).toMatchObject({ status: 502, type: null, message: null });
});
