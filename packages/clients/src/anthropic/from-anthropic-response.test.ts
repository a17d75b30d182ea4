import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonObject } from "../contract/json.ts";
import { UnreadableAnswerError } from "../wire/transport.ts";
import { fromAnthropicError } from "./from-anthropic-error.ts";
import { fromAnthropicResponse } from "./from-anthropic-response.ts";

function message(content: JsonObject[], reason: string | null = "end_turn"): JsonObject {
  const usage = { input_tokens: 10, cache_creation_input_tokens: 20, cache_read_input_tokens: 30, output_tokens: 5 };
  return { id: "msg_1", type: "message", role: "assistant", model: "claude-x", content, stop_reason: reason, stop_sequence: null, usage };
}

test("reads every kind of block, counts cached tokens as input, and keeps what it does not know", () => {
  const body = message(
    [
      { type: "thinking", thinking: "hm", signature: "sig" },
      { type: "redacted_thinking", data: "blob" },
      { type: "text", text: "Both:", citations: null },
      { type: "tool_use", id: "t1", name: "add", input: { a: 1 } },
      { type: "tool_use", id: "t2", name: "now", input: {} },
      { type: "server_novelty", payload: 1 },
    ],
    "tool_use",
  );
  const answer = fromAnthropicResponse(body);
  expect(answer.finishReason).toBe("tool_calls");
  expect(answer.message.parts).toEqual([
    { type: "reasoning", text: "hm", wire: "anthropic", signature: "sig" },
    { type: "reasoning", text: "", wire: "anthropic", opaque: "blob" },
    { type: "text", text: "Both:" },
    { type: "tool_call", id: "t1", name: "add", arguments: { a: 1 }, argumentsText: '{"a":1}' },
    { type: "tool_call", id: "t2", name: "now", arguments: {}, argumentsText: "{}" },
  ]);
  expect(answer.usage).toMatchObject({ inputTokens: 60, outputTokens: 5, totalTokens: 65, cacheReadTokens: 30, cacheWriteTokens: 20 });
  expect(answer.raw).toBe(body);
});

test.each([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["refusal", "refusal"],
  ["tool_use", "tool_calls"],
  ["toString", "stop"],
  [null, "stop"],
])("takes the stop reason %s for %s", (reason, expected) => {
  expect(fromAnthropicResponse(message([{ type: "text", text: "x" }], reason)).finishReason).toBe(expected);
});

test("whatever JSON comes, it is read or refused as unreadable", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom("id", "model", "content", "usage", "stop_reason"), fc.jsonValue()), (body) => {
      const copy: JsonObject = JSON.parse(JSON.stringify(body));
      try {
        fromAnthropicResponse(copy);
      } catch (error) {
        expect(error).toBeInstanceOf(UnreadableAnswerError);
      }
    }),
  );
});

test("reads errors", () => {
  const body = { type: "error", error: { type: "overloaded_error", message: "Overloaded" }, request_id: "req_1" };
  expect(fromAnthropicError(529, body)).toMatchObject({ status: 529, type: "overloaded_error", message: "Overloaded", requestId: "req_1" });
  expect(fromAnthropicError(502, undefined)).toMatchObject({ status: 502, type: null, message: null, requestId: null });
});
