import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import type { ChatResponse, FinishReason } from "../contract/chat-response.ts";
import { assistantMessage } from "../contract/message.ts";
import { usageOf } from "../contract/usage.ts";
import { openaiQuirks } from "../openai/openai-quirks.ts";
import { toOpenaiRequest } from "../openai/to-openai-request.ts";
import { userMessage } from "../contract/message.ts";
import { formatFromSchema, jsonOf } from "./format-from-schema.ts";

function answered(text: string, finishReason: FinishReason = "stop"): ChatResponse {
  const message = finishReason === "refusal" ? assistantMessage([{ type: "refusal", text }]) : assistantMessage(text);
  const timings = { submittedAt: 0, sentAt: 0, doneAt: 0, queuedMs: 0 };
  return { provider: "openai", model: "m", requestId: "r1", finishReason, message, usage: usageOf({}), timings, attempts: 2, raw: {} };
}

const person = formatFromSchema({ name: "person", schema: z.object({ name: z.string(), age: z.number().int().optional() }) });

test("what may be left out is asked for as null, and left out again in what is read", async () => {
  const body = toOpenaiRequest(
    { model: "m", maxTokens: 9, messages: [userMessage("Who?")], responseFormat: person.format },
    openaiQuirks.openai,
  );
  expect(body.response_format).toMatchObject({
    type: "json_schema",
    json_schema: { name: "person", strict: true, schema: { required: ["name", "age"], additionalProperties: false } },
  });
  const read = await person.read(answered('{"name":"Ada","age":null}'));
  expectTypeOf(read).toEqualTypeOf<{ name: string; age?: number | undefined }>();
  expect(read).toEqual({ name: "Ada" });
});

test("what is almost JSON is mended", async () => {
  expect(await person.read(answered('```json\n{"name": "A\nda",}\n```'))).toEqual({ name: "A\nda" });
  expect(jsonOf(answered("[1,]"))).toEqual([1]);
});

test.each<[string, ChatResponse, string, string]>([
  ["what is no JSON", answered("Ada, 36"), "malformed_json", "is not JSON"],
  ["what was cut", answered('{"name":"Ad', "length"), "malformed_json", "raise maxTokens"],
  ["what was cut where it reads as JSON", answered("12", "length"), "malformed_json", "raise maxTokens"],
  ["what does not fit", answered('{"name":1}'), "malformed_json", "does not fit the schema: /name"],
  ["what was declined", answered("I can't.", "refusal"), "content_policy", "declined"],
])("%s is an error that carries the text", async (_, response, code, message) => {
  const [part] = response.message.parts;
  const text = part?.type === "text" || part?.type === "refusal" ? part.text : "";
  await expect(person.read(response)).rejects.toMatchObject({
    name: "ProviderError",
    code,
    text,
    requestId: "r1",
    attempts: 2,
    retryable: false,
    message: expect.stringContaining(message),
  });
});
