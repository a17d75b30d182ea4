import type { ChatRequest } from "../src/contract/chat-request.ts";

/** A conversation with two tool calls in one turn, one of which failed. */
export const calculatorConversation: ChatRequest = {
  model: "model-1",
  messages: [
    { role: "system", text: "You are a calculator." },
    { role: "user", parts: [{ type: "text", text: "What is 2+3, and 1/0?" }] },
    {
      role: "assistant",
      parts: [
        { type: "text", text: "Let me see." },
        { type: "tool_call", id: "call_1", name: "add", arguments: { a: 2, b: 3 }, argumentsText: '{"a": 2, "b": 3}' },
        { type: "tool_call", id: "call_2", name: "divide", arguments: { a: 1, b: 0 }, argumentsText: '{"a":1,"b":0}' },
      ],
    },
    {
      role: "tool",
      results: [
        { toolCallId: "call_1", content: "5", isError: false },
        { toolCallId: "call_2", content: "division by zero", isError: true },
      ],
    },
    { role: "user", parts: [{ type: "text", text: "Go on." }] },
  ],
  tools: [
    { name: "add", description: "Adds.", inputSchema: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } } },
    { name: "divide", inputSchema: { type: "object" } },
  ],
  toolChoice: "auto",
  maxTokens: 400,
  temperature: 0,
};
