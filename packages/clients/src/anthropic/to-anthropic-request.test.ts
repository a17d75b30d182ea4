import { expect, test } from "vitest";
import { calculatorConversation } from "../../test/calculator-conversation.ts";
import type { ChatRequest } from "../contract/chat-request.ts";
import { assistantMessage, userMessage } from "../contract/message.ts";
import { UnsendableRequestError } from "../wire/unsendable-request-error.ts";
import { toAnthropicRequest } from "./to-anthropic-request.ts";

const plain: ChatRequest = { model: "m", messages: [userMessage("Hi")], maxTokens: 2000 };

test("puts instructions apart and all results of a turn in one user message, with what was said next behind them", () => {
  expect(toAnthropicRequest({ ...calculatorConversation, model: "claude-sonnet-4-5" })).toEqual({
    model: "claude-sonnet-4-5",
    max_tokens: 400,
    system: "You are a calculator.",
    temperature: 0,
    messages: [
      { role: "user", content: "What is 2+3, and 1/0?" },
      {
        role: "assistant",
        content: [
          { type: "text", text: "Let me see." },
          { type: "tool_use", id: "call_1", name: "add", input: { a: 2, b: 3 } },
          { type: "tool_use", id: "call_2", name: "divide", input: { a: 1, b: 0 } },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "call_1", content: "5" },
          { type: "tool_result", tool_use_id: "call_2", content: "division by zero", is_error: true },
          { type: "text", text: "Go on." },
        ],
      },
    ],
    tools: [
      { name: "add", description: "Adds.", input_schema: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } } },
      { name: "divide", input_schema: { type: "object" } },
    ],
    tool_choice: { type: "auto" },
  });
});

test("sends reasoning back unchanged to the wire it came from, and to no other", () => {
  const request: ChatRequest = {
    ...plain,
    messages: [
      userMessage("a"),
      assistantMessage([
        { type: "reasoning", text: "hm", wire: "anthropic", signature: "sig==" },
        { type: "reasoning", text: "", wire: "anthropic", opaque: "blob==" },
        { type: "reasoning", text: "elsewhere", wire: "openai", opaque: [] },
        { type: "text", text: "b" },
      ]),
      userMessage("c"),
    ],
  };
  expect(toAnthropicRequest(request).messages[1]).toEqual({
    role: "assistant",
    content: [
      { type: "thinking", thinking: "hm", signature: "sig==" },
      { type: "redacted_thinking", data: "blob==" },
      { type: "text", text: "b" },
    ],
  });
});

test("a call whose arguments were no object still stands in the history", () => {
  const request: ChatRequest = {
    ...plain,
    messages: [
      userMessage("a"),
      assistantMessage([{ type: "tool_call", id: "c", name: "t", argumentsText: '{"a":', error: "bad" }]),
      { role: "tool", results: [{ toolCallId: "c", content: "bad arguments", isError: true }] },
    ],
  };
  expect(toAnthropicRequest(request).messages[1]?.content).toEqual([
    { type: "tool_use", id: "c", name: "t", input: { unreadable_arguments: '{"a":' } },
  ]);
});

test("asks for thinking as each generation wants it, and leaves out a temperature that is refused", () => {
  const request: ChatRequest = { ...plain, maxTokens: 8000, reasoning: { effort: "high" }, temperature: 0 };
  const earlier = toAnthropicRequest({ ...request, model: "claude-sonnet-4-5-20250929" });
  expect(earlier.thinking).toEqual({ type: "enabled", budget_tokens: 4000 });
  expect(earlier).not.toHaveProperty("temperature");
  const later = toAnthropicRequest({ ...request, model: "claude-opus-5" });
  expect(later).toMatchObject({ thinking: { type: "adaptive" }, output_config: { effort: "high" } });
  expect(toAnthropicRequest({ ...plain, model: "claude-opus-5", temperature: 0 })).not.toHaveProperty("temperature");
  expect(toAnthropicRequest({ ...plain, model: "claude-3-5-haiku-latest", temperature: 0 })).toHaveProperty("temperature", 0);
});

test("demands tools and structured output in the wire's terms", () => {
  const tools = [{ name: "t", inputSchema: { type: "object" } }];
  expect(toAnthropicRequest({ ...plain, tools, toolChoice: "required" }).tool_choice).toEqual({ type: "any" });
  expect(toAnthropicRequest({ ...plain, tools, toolChoice: { name: "t" } }).tool_choice).toEqual({ type: "tool", name: "t" });
  const schema = { type: "object", properties: { a: { type: "number", minimum: 1 } } };
  const responseFormat = { type: "json_schema", name: "n", schema, strict: true } as const;
  expect(toAnthropicRequest({ ...plain, responseFormat }).output_config).toEqual({
    format: {
      type: "json_schema",
      schema: { type: "object", properties: { a: { type: "number" } }, required: [], additionalProperties: false },
    },
  });
});

test.each<[string, Partial<ChatRequest>, string]>([
  ["a JSON mode it does not have", { responseFormat: { type: "json_object" } }, "json_schema"],
  ["a temperature out of range", { model: "claude-3-haiku", temperature: 1.5 }, "0 to 1"],
  ["a beginning that ends with a space", { messages: [userMessage("a"), assistantMessage("Well, ")] }, "space or line break"],
  ["an empty message", { messages: [userMessage("")] }, "is empty"],
  ["thinking in too little room", { model: "claude-sonnet-4-5", maxTokens: 1024, reasoning: { effort: "low" } }, "above 1024"],
  [
    "thinking with a forced tool",
    { tools: [{ name: "t", inputSchema: {} }], toolChoice: "required", reasoning: { effort: "low" } },
    "cannot reason",
  ],
  [
    "an image type it cannot read",
    { messages: [userMessage([{ type: "image", source: { type: "bytes", mediaType: "image/tiff", data: new Uint8Array(1) } }])] },
    "image/tiff",
  ],
])("refuses %s before sending", (_, change, message) => {
  const send = () => toAnthropicRequest({ ...plain, ...change });
  expect(send).toThrow(UnsendableRequestError);
  expect(send).toThrow(message);
});

const mark = { type: "ephemeral" };

test("marks the instructions, the first tool, and the last and third-last messages for the cache, where marks are wanted", () => {
  const body = toAnthropicRequest({ ...calculatorConversation, useCache: true });
  expect(body.system).toEqual([{ type: "text", text: "You are a calculator.", cache_control: mark }]);
  expect(body.tools?.map((tool) => tool.cache_control)).toEqual([mark, undefined]);
  expect(body.messages.map(({ content }) => (typeof content === "string" ? content : content.at(-1)))).toEqual([
    { type: "text", text: "What is 2+3, and 1/0?", cache_control: mark },
    { type: "tool_use", id: "call_2", name: "divide", input: { a: 1, b: 0 } },
    { type: "text", text: "Go on.", cache_control: mark },
  ]);
  expect(JSON.stringify(toAnthropicRequest(calculatorConversation))).not.toContain("cache_control");
});

test("reasoning is never marked", () => {
  const reasoned = assistantMessage([
    { type: "text", text: "b" },
    { type: "reasoning", text: "hm", wire: "anthropic", signature: "sig" },
  ]);
  const body = toAnthropicRequest({ ...plain, messages: [userMessage("a"), reasoned, userMessage("c"), userMessage("d")], useCache: true });
  expect(JSON.stringify(body.messages).match(/cache_control/g)).toHaveLength(2);
  const last = toAnthropicRequest({ ...plain, messages: [userMessage("a"), reasoned], useCache: true }).messages.at(-1);
  expect(last?.content).toEqual([
    { type: "text", text: "b", cache_control: mark },
    { type: "thinking", thinking: "hm", signature: "sig" },
  ]);
});
