import { LLMock } from "@copilotkit/aimock";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createChatClient } from "../src/client/create-chat-client.ts";
import type { ChatOptions } from "../src/contract/chat-client.ts";
import type { ChatRequest } from "../src/contract/chat-request.ts";
import { toolMessage, userMessage } from "../src/contract/message.ts";
import { textOf, toolCallsOf } from "../src/contract/message-content.ts";
import { messageOfStream } from "../src/contract/stream-message.ts";
import type { StreamEvent } from "../src/contract/stream-event.ts";

// A server that others wrote: what only our own server would understand shows here.
const server = new LLMock({ port: 0, logLevel: "silent" });

beforeAll(async () => {
  server.onMessage("Say hello", {
    content: "Hello there.",
    usage: { prompt_tokens: 9, completion_tokens: 4, input_tokens: 9, output_tokens: 4 },
  });
  server.onMessage("Think first", { content: "42.", reasoning: "Six times seven.", reasoningSignature: "c2ln" });
  server.onMessage("As JSON", { content: '{"n":1}' });
  server.on(
    { userMessage: "Add both", hasToolResult: false },
    {
      toolCalls: [
        { id: "call_a", name: "add", arguments: '{"a":1}' },
        { id: "call_b", name: "add", arguments: '{"a":2}' },
      ],
    },
  );
  server.on({ userMessage: "Add both", hasToolResult: true }, { content: "Three." });
  server.onMessage("Too many", { error: { message: "Slow down.", type: "rate_limit_error" }, status: 429 });
  server.onMessage("Too busy", { error: { message: "Overloaded.", type: "overloaded_error" }, status: 529 });
  server.onMessage("Wrong", { error: { message: "Bad request.", type: "invalid_request_error" }, status: 400 });
  await server.start();
});

afterAll(async () => {
  await server.stop();
});

const ways = (["openai", "anthropic"] as const).flatMap((wire) => [[wire, "whole"] as const, [wire, "as a stream"] as const]);
const base = { model: "claude-sonnet-4-5", maxTokens: 2000 };

async function ask(wire: "openai" | "anthropic", way: "whole" | "as a stream", request: ChatRequest) {
  const baseUrl = wire === "openai" ? `${server.url}/v1` : server.url;
  const limits = { requestsPerMinute: 60_000 };
  const client = createChatClient({
    provider: wire,
    apiKey: "k",
    baseUrl,
    limits,
    retry: { maxAttempts: 2, maxRefusals: 1, baseDelayMs: 1 },
  });
  const events: StreamEvent[] = [];
  const options: ChatOptions = way === "whole" ? {} : { onStream: (event) => void events.push(event) };
  const response = await client.chat(request, options);
  if (way !== "whole") expect(messageOfStream(events)).toEqual(response.message);
  return response;
}

test.each(ways)("%s, %s: text, with its usage", async (wire, way) => {
  const response = await ask(wire, way, { ...base, messages: [userMessage("Say hello")] });
  expect(textOf(response.message)).toBe("Hello there.");
  expect(response).toMatchObject({ finishReason: "stop", attempts: 1 });
});

test.each(ways)("%s, %s: several tools in a turn and their results", async (wire, way) => {
  const tools = [{ name: "add", inputSchema: { type: "object", properties: { a: { type: "number" } }, required: ["a"] }, strict: true }];
  const request: ChatRequest = { ...base, tools, messages: [userMessage("Add both")] };
  const asked = await ask(wire, way, request);
  expect(asked.finishReason).toBe("tool_calls");
  const calls = toolCallsOf(asked.message);
  expect(calls.map((call) => call.arguments)).toEqual([{ a: 1 }, { a: 2 }]);
  const results = toolMessage(calls.map(({ id }) => ({ toolCallId: id, content: "1", isError: false })));
  const answered = await ask(wire, way, { ...request, messages: [...request.messages, asked.message, results] });
  expect(textOf(answered.message)).toBe("Three.");
});

test.each(ways)("%s, %s: reasoning comes back and is sent again", async (wire, way) => {
  const request: ChatRequest = { ...base, reasoning: { effort: "low" }, messages: [userMessage("Think first")] };
  const { message } = await ask(wire, way, request);
  expect(message.parts.find((part) => part.type === "reasoning")).toMatchObject({ text: "Six times seven.", wire });
  const again = await ask(wire, way, { ...request, messages: [...request.messages, message, userMessage("Say hello")] });
  expect(textOf(again.message)).toBe("Hello there.");
});

test.each(ways)("%s, %s: structured output", async (wire, way) => {
  const schema = { type: "object", properties: { n: { type: "number" } }, required: ["n"] };
  const responseFormat = { type: "json_schema", name: "answer", schema, strict: true } as const;
  const response = await ask(wire, way, { ...base, responseFormat, messages: [userMessage("As JSON")] });
  expect(JSON.parse(textOf(response.message))).toEqual({ n: 1 });
});

test.each(
  ways.flatMap(([wire, way]) =>
    (
      [
        ["Too many", "rate_limited", 429, 1],
        ["Too busy", "overloaded", 529, 2],
        ["Wrong", "invalid_request", 400, 1],
      ] as const
    ).map((error) => [wire, way, ...error] as const),
  ),
)("%s, %s: %s is %s (%i)", async (wire, way, text, code, status, attempts) => {
  const asked = ask(wire, way, { ...base, messages: [userMessage(text)] });
  await expect(asked).rejects.toMatchObject({ name: "ProviderError", code, status, attempts });
});
