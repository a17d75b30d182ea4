import { expect, test } from "vitest";
import { RawOutput } from "./raw-output.ts";

function output(rawResult: Record<string, unknown>): RawOutput {
  const times = { startTime: new Date(1_000), endTime: new Date(1_250) };
  return new RawOutput({ rawResult, completionKwargs: { model: "m" }, client: "c", provider: "openai", ...times });
}

const completion = (message: object, finish_reason: string, usage: object | null = null) => ({
  id: "x",
  choices: [{ finish_reason, message }],
  usage,
});
const message = (content: object[], stop_reason: string, usage: object | null = null) => ({ type: "message", content, stop_reason, usage });

test("time taken is from sending to the answer, in milliseconds", () => {
  expect(output({}).timeTaken).toBe(250);
});

test("reads a completion", () => {
  const calls = [
    { id: "c0", function: { name: "bad", arguments: "{" } },
    { id: "c1", function: { name: "add", arguments: '{"a":1}' } },
  ];
  const raw = output(completion({ content: "Hi", tool_calls: calls }, "tool_calls", { prompt_tokens: 3, completion_tokens: 4 }));
  expect(raw.content).toBe("Hi");
  expect(raw.jsonObject).toEqual({ name: "add", object: { a: 1 }, toolCallId: "c1" });
  expect(raw.containsObject).toBe(true);
  expect(raw.usage).toEqual({ promptTokens: 3, completionTokens: 4, totalTokens: 7 });
  expect(raw.error).toBeNull();
});

test("reads a message, cached tokens counted", () => {
  const content = [
    { type: "thinking", thinking: "hm" },
    { type: "text", text: "Hi " },
    { type: "text", text: "there" },
    { type: "tool_use", id: "c1", name: "add", input: { a: 1 } },
  ];
  const raw = output(
    message(content, "tool_use", { input_tokens: 3, output_tokens: 4, cache_read_input_tokens: 10, cache_creation_input_tokens: null }),
  );
  expect(raw.content).toBe("Hi there");
  expect(raw.jsonObject).toEqual({ name: "add", object: { a: 1 }, toolCallId: "c1" });
  expect(raw.usage).toEqual({ promptTokens: 13, completionTokens: 4, totalTokens: 17 });
  expect(raw.error).toBeNull();
});

test.each([
  [completion({ content: "cut of" }, "length"), "length", "cut of"],
  [completion({ content: null, refusal: "I won't" }, "stop"), "I won't", null],
  [message([{ type: "text", text: "cut of" }], "max_tokens"), "max_tokens", "cut of"],
  [message([], "refusal"), "refusal", null],
  [{ error: { message: "overloaded" } }, "overloaded", null],
  [{ something: "else" }, null, null],
])("tells why an answer is none: %j", (raw, error, content) => {
  expect([output(raw).error, output(raw).content]).toEqual([error, content]);
});
