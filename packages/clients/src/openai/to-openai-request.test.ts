import { expect, test } from "vitest";
import { calculatorConversation } from "../../test/calculator-conversation.ts";
import { createChatClient } from "../client/create-chat-client.ts";
import type { ChatRequest } from "../contract/chat-request.ts";
import { startSimulatedProvider } from "../testing/simulated-provider.ts";
import { assistantMessage, systemMessage, userMessage } from "../contract/message.ts";
import { UnsendableRequestError } from "../wire/unsendable-request-error.ts";
import { openaiQuirks } from "./openai-quirks.ts";
import { toOpenaiRequest } from "./to-openai-request.ts";

const plain: ChatRequest = { model: "m", messages: [{ role: "system", text: "Be brief." }, userMessage("Hi")], maxTokens: 10 };

test("puts each tool result in a message of its own and keeps arguments byte for byte", () => {
  expect(toOpenaiRequest(calculatorConversation, openaiQuirks.openai)).toEqual({
    model: "model-1",
    messages: [
      { role: "system", content: "You are a calculator." },
      { role: "user", content: "What is 2+3, and 1/0?" },
      {
        role: "assistant",
        content: "Let me see.",
        tool_calls: [
          { id: "call_1", type: "function", function: { name: "add", arguments: '{"a": 2, "b": 3}' } },
          { id: "call_2", type: "function", function: { name: "divide", arguments: '{"a":1,"b":0}' } },
        ],
      },
      { role: "tool", tool_call_id: "call_1", content: "5" },
      { role: "tool", tool_call_id: "call_2", content: "division by zero" },
      { role: "user", content: "Go on." },
    ],
    max_completion_tokens: 400,
    temperature: 0,
    tools: [
      {
        type: "function",
        function: {
          name: "add",
          description: "Adds.",
          parameters: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } },
        },
      },
      { type: "function", function: { name: "divide", parameters: { type: "object" } } },
    ],
    tool_choice: "auto",
  });
});

test("an answer of nothing, as reasoning that was cut leaves, is sent back as an empty text: null is refused", async () => {
  await using provider = await startSimulatedProvider({ script: () => ({ text: "ok" }) });
  const client = createChatClient({ provider: "openai", apiKey: "k", baseUrl: provider.openaiBaseUrl });
  const thought = { type: "reasoning", text: "hm", wire: "openai" } as const;
  for (const parts of [[], [thought]]) {
    const messages = [userMessage("Hi"), assistantMessage(parts), userMessage("Go on.")];
    expect((await client.chat({ ...plain, messages })).finishReason).toBe("stop");
  }
});

test("asks reasoning models in their own way: developer message, effort, no temperature", () => {
  const request: ChatRequest = { ...plain, temperature: 0, reasoning: { effort: "low" } };
  expect(toOpenaiRequest(request, openaiQuirks.openai)).toEqual({
    model: "m",
    messages: [
      { role: "developer", content: "Be brief." },
      { role: "user", content: "Hi" },
    ],
    max_completion_tokens: 10,
    reasoning_effort: "low",
  });
  expect(toOpenaiRequest(request, openaiQuirks.openrouter)).toMatchObject({ reasoning: { effort: "low" } });
});

test("names the limit and the end user as each server wants them", () => {
  const request: ChatRequest = { ...plain, metadata: { userId: "u1", note: "stays here" } };
  expect(toOpenaiRequest(request, openaiQuirks.openai)).toMatchObject({ max_completion_tokens: 10, safety_identifier: "u1" });
  const compatible = toOpenaiRequest(request, openaiQuirks.vllm);
  expect(compatible).toMatchObject({ max_tokens: 10, user: "u1" });
  expect(compatible).not.toHaveProperty("max_completion_tokens");
  expect(JSON.stringify(compatible)).not.toContain("stays here");
});

const schema = { type: "object", properties: { a: { type: "number" } }, required: ["a"], additionalProperties: false };

test("sends images by address and by bytes, and structured output with its schema", () => {
  const request: ChatRequest = {
    ...plain,
    messages: [
      userMessage([
        { type: "text", text: "Same?" },
        { type: "image", source: { type: "url", url: "https://example.org/a.png" } },
        { type: "image", source: { type: "bytes", mediaType: "image/png", data: new Uint8Array([1, 2, 3]) } },
      ]),
    ],
    responseFormat: { type: "json_schema", name: "answer", schema, strict: true },
    seed: 7,
    stop: ["END"],
  };
  expect(toOpenaiRequest(request, openaiQuirks.openai)).toMatchObject({
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "Same?" },
          { type: "image_url", image_url: { url: "https://example.org/a.png" } },
          { type: "image_url", image_url: { url: "data:image/png;base64,AQID" } },
        ],
      },
    ],
    response_format: { type: "json_schema", json_schema: { name: "answer", schema, strict: true } },
    seed: 7,
    stop: ["END"],
  });
});

const call = { type: "tool_call", id: "c", name: "t", arguments: {}, argumentsText: "{}" } as const;

test.each<[string, Partial<ChatRequest>, string]>([
  ["no message", { messages: [{ role: "system", text: "x" }] }, "add a user message"],
  ["no model", { model: "" }, "no model"],
  ["no room", { maxTokens: 0 }, "maxTokens"],
  ["an unnamed tool", { tools: [{ name: "", inputSchema: {} }] }, "no name"],
  ["what only vLLM takes", { vllm: { chatTemplate: "x" } }, "Only vLLM"],
  [
    "two tools of one name",
    {
      tools: [
        { name: "a", inputSchema: {} },
        { name: "a", inputSchema: {} },
      ],
    },
    "Two tools",
  ],
  ["a choice without tools", { toolChoice: "required" }, "has none"],
  ["an unknown choice", { tools: [{ name: "a", inputSchema: {} }], toolChoice: { name: "b" } }, "the tool b"],
  [
    "a result nobody asked for",
    { messages: [{ role: "tool", results: [{ toolCallId: "c", content: "", isError: false }] }] },
    "no call before it",
  ],
  ["a call without a result", { messages: [userMessage("a"), { role: "assistant", parts: [call] }] }, "have no result"],
  ["a message before the results", { messages: [{ role: "assistant", parts: [call] }, userMessage("a")] }, "before the results"],
  ["too many stops", { stop: ["a", "b", "c", "d", "e"] }, "at most 4"],
])("refuses %s before sending", (_, change, message) => {
  const send = () => toOpenaiRequest({ ...plain, ...change }, openaiQuirks.openai);
  expect(send).toThrow(UnsendableRequestError);
  expect(send).toThrow(message);
});

test("vLLM is given forms and template options in its own terms, old or new", () => {
  const request: ChatRequest = {
    ...plain,
    vllm: { guided: { choice: ["yes", "no"] }, chatTemplateKwargs: { enable_thinking: false }, addGenerationPrompt: true },
  };
  expect(toOpenaiRequest(request, openaiQuirks.vllm)).toMatchObject({
    structured_outputs: { choice: ["yes", "no"] },
    chat_template_kwargs: { enable_thinking: false },
    add_generation_prompt: true,
  });
  const old = toOpenaiRequest({ ...plain, vllm: { guided: { regex: "a+" } } }, { ...openaiQuirks.vllm, vllm: "guided" });
  expect(old).toMatchObject({ guided_regex: "a+" });
  expect(old).not.toHaveProperty("structured_outputs");
});

test("a strict schema is adapted where OpenAI's rules hold, and where they may, as far as it can be", () => {
  const optional = { type: "object", properties: { a: { type: "number" } } };
  const record = { type: "object", additionalProperties: { type: "number" } };
  const sent = (provider: keyof typeof openaiQuirks, inputSchema: object) => {
    const request: ChatRequest = {
      ...plain,
      tools: [{ name: "t", inputSchema: { ...inputSchema }, strict: true }],
      responseFormat: { type: "json_schema", name: "f", schema: { ...inputSchema }, strict: true },
    };
    return JSON.stringify(toOpenaiRequest(request, openaiQuirks[provider]));
  };
  for (const provider of ["openai", "azure_openai", "openrouter", "litellm"] as const) {
    expect(sent(provider, optional).match(/"anyOf":\[{"type":"number"},{"type":"null"}\]/g)).toHaveLength(2);
  }
  expect(sent("vllm", optional)).not.toContain("anyOf");
  for (const provider of ["openrouter", "litellm", "vllm"] as const) {
    expect(sent(provider, record).match(/"additionalProperties":{"type":"number"}/g)).toHaveLength(2);
  }
  expect(() => sent("openai", record)).toThrow("additionalProperties");
});

const begun: ChatRequest = { ...plain, messages: [userMessage("Hi"), { role: "assistant", parts: [{ type: "text", text: "Well," }] }] };

test("an answer that is begun is gone on from, as each server wants to be told", () => {
  expect(toOpenaiRequest(begun, openaiQuirks.vllm)).toMatchObject({ add_generation_prompt: false, continue_final_message: true });
  expect(toOpenaiRequest(begun, openaiQuirks.litellm).messages.at(-1)).toEqual({ role: "assistant", content: "Well,", prefix: true });
  const earlier = { ...begun, messages: [...begun.messages, userMessage("Go on.")] };
  for (const quirks of [openaiQuirks.vllm, openaiQuirks.litellm]) {
    expect(JSON.stringify(toOpenaiRequest(earlier, quirks))).not.toMatch(/prefix|continue_final|add_generation/);
  }
  expect(JSON.stringify(toOpenaiRequest(begun, openaiQuirks.openai))).not.toMatch(/prefix|continue_final|add_generation/);
  expect(toOpenaiRequest({ ...begun, vllm: { continueFinalMessage: false } }, openaiQuirks.vllm)).not.toHaveProperty(
    "continue_final_message",
  );
  const anew = toOpenaiRequest({ ...begun, vllm: { addGenerationPrompt: true } }, openaiQuirks.vllm);
  expect(anew).toMatchObject({ add_generation_prompt: true });
  expect(anew).not.toHaveProperty("continue_final_message");
  const refused = (change: Partial<ChatRequest>) => () => toOpenaiRequest({ ...begun, ...change }, openaiQuirks.vllm);
  expect(refused({ vllm: { continueFinalMessage: true, addGenerationPrompt: true } })).toThrow("exclude each other");
  expect(refused({ messages: plain.messages, vllm: { continueFinalMessage: true } })).toThrow("last message of the assistant");
});

test("reasoning is asked for as each provider has it", () => {
  const request: ChatRequest = { ...plain, messages: [systemMessage("S"), userMessage("Hi")], reasoning: { effort: "high" }, topP: 0.5 };
  const roleOf = (provider: "openai" | "vllm" | "openrouter") => toOpenaiRequest(request, openaiQuirks[provider]).messages[0]?.role;
  expect(toOpenaiRequest(request, openaiQuirks.openai)).toMatchObject({ reasoning_effort: "high" });
  expect(toOpenaiRequest(request, openaiQuirks.openrouter)).toMatchObject({ reasoning: { effort: "high" } });
  expect(toOpenaiRequest(request, openaiQuirks.openai)).not.toHaveProperty("top_p");
  expect(toOpenaiRequest({ ...plain, topP: 0.5 }, openaiQuirks.openai)).toMatchObject({ top_p: 0.5 });
  expect([roleOf("openai"), roleOf("vllm"), roleOf("openrouter")]).toEqual(["developer", "system", "system"]);
});
