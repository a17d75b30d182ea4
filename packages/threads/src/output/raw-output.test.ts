import type { JsonObject } from "@minference/clients";
import { expect, test } from "vitest";
import { RawOutput } from "./raw-output.ts";

function output(provider: "openai" | "anthropic", rawResult: JsonObject): RawOutput {
  const times = { startTime: new Date(1_000), endTime: new Date(1_250) };
  return new RawOutput({ rawResult, completionKwargs: { model: "m" }, client: "c", provider, ...times });
}

const completion = (message: JsonObject, finish_reason: string): JsonObject => ({
  id: "x",
  object: "chat.completion",
  model: "m",
  choices: [{ index: 0, finish_reason, message: { role: "assistant", ...message } }],
  usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
});
const message = (content: readonly JsonObject[], stop_reason: string): JsonObject => ({
  id: "x",
  type: "message",
  role: "assistant",
  model: "m",
  content,
  stop_reason,
  usage: { input_tokens: 3, output_tokens: 4, cache_read_input_tokens: 10, cache_creation_input_tokens: null },
});

test("time taken is from sending to the answer, in milliseconds", () => {
  expect(output("openai", {}).timeTaken).toBe(250);
});

test("reads a completion", () => {
  const calls = [
    { id: "c0", type: "function", function: { name: "bad", arguments: "{" } },
    { id: "c1", type: "function", function: { name: "add", arguments: '{"a":1}' } },
  ];
  const raw = output("openai", completion({ content: "Hi", tool_calls: calls }, "tool_calls"));
  expect(raw.content).toBe("Hi");
  expect(raw.jsonObject).toEqual({ name: "add", object: { a: 1 }, toolCallId: "c1" });
  expect(raw.containsObject).toBe(true);
  expect(raw.usage).toEqual({ promptTokens: 3, completionTokens: 4, totalTokens: 7 });
  expect(raw.error).toBeNull();
});

test("reads a message, cached tokens counted", () => {
  const content = [
    { type: "thinking", thinking: "hm", signature: "s" },
    { type: "text", text: "Hi " },
    { type: "text", text: "there" },
    { type: "tool_use", id: "c1", name: "add", input: { a: 1 } },
  ];
  const raw = output("anthropic", message(content, "tool_use"));
  expect(raw.content).toBe("Hi there");
  expect(raw.jsonObject).toEqual({ name: "add", object: { a: 1 }, toolCallId: "c1" });
  expect(raw.usage).toEqual({ promptTokens: 13, completionTokens: 4, totalTokens: 17 });
  expect(raw.error).toBeNull();
});

test.each([
  ["openai", completion({ content: "cut of" }, "length"), "length", "cut of"],
  ["openai", completion({ content: null, refusal: "I won't" }, "stop"), "refusal", null],
  ["anthropic", message([{ type: "text", text: "cut of" }], "max_tokens"), "length", "cut of"],
  ["anthropic", message([{ type: "text", text: "no" }], "refusal"), "refusal", "no"],
] as const)("tells why an answer of %s is none: %j", (provider, raw, error, content) => {
  expect([output(provider, raw).error, output(provider, raw).content]).toEqual([error, content]);
});

test("says of what is no answer that it is none", () => {
  const none = output("openai", { something: "else" });
  expect(none.error).toMatch(/^This is no answer of openai/);
  expect([none.content, none.jsonObject, none.containsObject, none.usage]).toEqual([null, null, false, null]);
});
