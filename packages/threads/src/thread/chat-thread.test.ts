import { usageOf } from "@minference/clients";
import { expect, test } from "vitest";
import * as z from "zod";
import { LLMConfig } from "../config/llm-config.ts";
import { type ResponseFormatName, responseFormats } from "../config/response-format.ts";
import { ChatMessage } from "../message/chat-message.ts";
import { SystemPrompt } from "../prompt/system-prompt.ts";
import { CallableTool } from "../tools/callable-tool.ts";
import { StructuredTool } from "../tools/structured-tool.ts";
import { Usage } from "../usage/usage.ts";
import { ChatThread } from "./chat-thread.ts";

const object = { type: "object", properties: {}, required: [], additionalProperties: false };
const clock = { now: () => 1_000, monotonic: () => 0, after: () => () => {} };

function tool(name: string): CallableTool {
  return new CallableTool({ name, docstring: `does ${name}`, inputSchema: object });
}

function config(responseFormat: ResponseFormatName): LLMConfig {
  return new LLMConfig({ client: "openai", model: "m", responseFormat });
}

function say(thread: ChatThread, role: "user" | "assistant", content: string): void {
  thread.history.push(new ChatMessage({ role, content, timestamp: new Date(0) }));
}

function answerWithCalls(thread: ChatThread, ...ids: string[]): void {
  const parts = ids.map((id) => ({ type: "tool_call" as const, id, name: "look", arguments: {}, argumentsText: "{}" }));
  const usage = Usage.fromAnswer("m", usageOf({ inputTokens: 10, outputTokens: 2 }));
  thread.history.push(ChatMessage.answer({ role: "assistant", parts }, usage, { timestamp: new Date(0), chatThreadId: "t", parent: null }));
}

function result(thread: ChatThread, toolCallId: string): void {
  thread.history.push(new ChatMessage({ role: "tool", content: `result ${toolCallId}`, toolCallId, timestamp: new Date(0) }));
}

test("has the documented defaults", () => {
  expect(new ChatThread({ llmConfig: config("text") })).toMatchObject({
    name: null,
    systemPrompt: null,
    newMessage: null,
    prefill: "Here's the valid JSON object response:```json",
    postfill: "\n\nPlease provide your response in JSON format.",
    useSchemaInstruction: false,
    useHistory: true,
    forcedOutput: null,
    workflowStep: null,
  });
});

test("adding the user message moves newMessage into the history", () => {
  const thread = new ChatThread({ llmConfig: config("text"), newMessage: "hello" });
  const message = thread.addUserMessage(clock);
  expect(thread.history).toHaveLength(1);
  expect(thread.history[0]).toBe(message);
  expect(message).toMatchObject({ role: "user", content: "hello", timestamp: new Date(1_000), chatThreadId: thread.lineageId });
  expect(thread.newMessage).toBeNull();
});

test("without a new message that is an error, save where the model goes on by itself", () => {
  const without = (format: ResponseFormatName): ChatThread =>
    new ChatThread({ llmConfig: config(format), tools: [tool("look")], forcedOutput: tool("see") });
  for (const format of ["text", "tool"] as const) expect(() => without(format).addUserMessage(clock)).toThrow(/set newMessage first/);
  expect(without("auto_tools").addUserMessage(clock)).toBeNull();
});

test.each([
  ["tool without forcedOutput", { llmConfig: config("tool") }, /needs forcedOutput/],
  ["auto_tools without tools", { llmConfig: config("auto_tools") }, /at least one tool/],
  ["two tools of one name", { llmConfig: config("text"), tools: [tool("look"), tool("look")] }, /two tools are named look/],
  [
    "a forced tool named like another",
    { llmConfig: config("text"), tools: [tool("look")], forcedOutput: tool("look") },
    /two tools are named look/,
  ],
  ["what the configuration refuses", { llmConfig: new LLMConfig({ client: "anthropic", temperature: 2 }) }, /temperature 2/],
])("%s is refused when the thread is made, with the reason", (_, input, reason) => {
  expect(() => ChatThread.create(input)).toThrow(reason);
});

test("a waiting message is part of the request, and moving it into the history changes nothing about the request", () => {
  const thread = new ChatThread({
    llmConfig: config("text"),
    systemPrompt: new SystemPrompt({ name: "s", content: "Be brief." }),
    newMessage: "hello",
  });
  const before = thread.toRequest();
  expect(before.messages).toEqual([
    { role: "system", text: "Be brief." },
    { role: "user", parts: [{ type: "text", text: "hello" }] },
  ]);
  thread.addUserMessage(clock);
  expect(thread.toRequest()).toEqual(before);
});

test("without history a request carries the last user message and what followed it", () => {
  const thread = new ChatThread({ llmConfig: config("auto_tools"), tools: [tool("look")], useHistory: false });
  say(thread, "user", "first");
  say(thread, "assistant", "answer");
  say(thread, "user", "second");
  answerWithCalls(thread, "c1");
  result(thread, "c1");
  expect(thread.toRequest().messages.map((message) => message.role)).toEqual(["user", "assistant", "tool"]);
  thread.newMessage = "third";
  expect(thread.toRequest().messages).toEqual([{ role: "user", parts: [{ type: "text", text: "third" }] }]);
});

test("results of one answer go back in the order of its calls, whichever was stored first", () => {
  const thread = new ChatThread({ llmConfig: config("auto_tools"), tools: [tool("look")] });
  say(thread, "user", "go");
  answerWithCalls(thread, "c1", "c2");
  result(thread, "c2");
  expect(thread.pendingToolCalls.map((call) => call.id)).toEqual(["c1"]);
  result(thread, "c1");
  expect(thread.pendingToolCalls).toEqual([]);
  const last = thread.toRequest().messages.at(-1);
  expect(last?.role === "tool" && last.results.map((entry) => entry.toolCallId)).toEqual(["c1", "c2"]);
});

test("a history that a provider would refuse is refused with what is wrong", () => {
  const open = new ChatThread({ llmConfig: config("auto_tools"), tools: [tool("look")] });
  answerWithCalls(open, "c1", "c2");
  result(open, "c1");
  expect(() => open.toRequest()).toThrow(/no result for the tool calls c2/);
  const stray = new ChatThread({ llmConfig: config("text") });
  say(stray, "user", "go");
  result(stray, "c9");
  expect(() => stray.toRequest()).toThrow(/tool result for c9/);
});

test("tools wait in formats that call none of them for one that does", () => {
  const [look, see] = [tool("look"), StructuredTool.fromZod(z.object({}), { name: "see" })];
  const named = (format: ResponseFormatName): readonly string[] | undefined => {
    const thread = ChatThread.create({ llmConfig: config("text"), tools: [look], forcedOutput: see, newMessage: "go on" });
    thread.llmConfig = config(format);
    return thread.toRequest().tools?.map(({ name }) => name);
  };
  expect(Object.fromEntries(responseFormats.map((format) => [format, named(format)]))).toEqual({
    text: undefined,
    json_beg: undefined,
    json_object: undefined,
    structured_output: undefined,
    tool: ["see"],
    auto_tools: ["look"],
    workflow: ["look", "see"],
  });
});

test("plain text after tool calls names the tools, since providers want them, but allows none", () => {
  const thread = new ChatThread({ llmConfig: config("text"), tools: [tool("look")], newMessage: "go on" });
  expect(thread.toRequest()).not.toHaveProperty("tools");
  answerWithCalls(thread, "c1");
  result(thread, "c1");
  expect(thread.toRequest()).toMatchObject({ tools: [{ name: "look" }], toolChoice: "none" });
});

test("a reasoning model gets its effort and no temperature", () => {
  const llmConfig = new LLMConfig({ client: "openai", model: "m", reasoner: true, reasoningEffort: "high", temperature: 0.5 });
  const request = new ChatThread({ llmConfig, newMessage: "go" }).toRequest();
  expect(request.reasoning).toEqual({ effort: "high" });
  expect(request).not.toHaveProperty("temperature");
});

test("the schema instruction ends the system prompt, or stands alone", () => {
  const forcedOutput = StructuredTool.fromJsonSchema(object);
  const thread = new ChatThread({ llmConfig: config("tool"), forcedOutput, useSchemaInstruction: true, newMessage: "go" });
  const instruction = `Please follow this JSON schema for your response: ${JSON.stringify(object)}`;
  expect(thread.toRequest().messages[0]).toEqual({ role: "system", text: instruction });
  thread.systemPrompt = new SystemPrompt({ name: "s", content: "Be brief." });
  expect(thread.toRequest().messages[0]).toEqual({ role: "system", text: `Be brief.\n\n${instruction}` });
});

test("a request without a model is refused, unless there is a default", () => {
  const thread = new ChatThread({ llmConfig: new LLMConfig({ client: "openai" }), newMessage: "go" });
  expect(() => thread.toRequest()).toThrow(/names no model/);
  expect(thread.toRequest({ defaultModel: "d" }).model).toBe("d");
});

test("tools are found by name, the forced one included, each once", () => {
  const [look, see] = [tool("look"), tool("see")];
  const thread = new ChatThread({ llmConfig: config("auto_tools"), tools: [look], forcedOutput: see });
  expect([thread.toolByName("look"), thread.toolByName("see"), thread.toolByName("hear")]).toEqual([look, see, undefined]);
  thread.tools.push(see);
  expect(thread.allTools).toEqual([look, see]);
});

test("usage is what the answers in the history cost", () => {
  const thread = new ChatThread({ llmConfig: config("text") });
  expect(thread.totalUsage.totalTokens).toBe(0);
  answerWithCalls(thread, "c1");
  answerWithCalls(thread, "c2");
  expect(thread.totalUsage).toEqual({ promptTokens: 20, completionTokens: 4, totalTokens: 24, costUsd: 0 });
});
