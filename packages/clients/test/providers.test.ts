import { expect, test } from "vitest";
import { createChatClient } from "../src/client/create-chat-client.ts";
import type { ChatRequest } from "../src/contract/chat-request.ts";
import { assistantMessage, systemMessage, toolMessage, userMessage } from "../src/contract/message.ts";
import { textOf, toolCallsOf } from "../src/contract/message-content.ts";
import { type ProviderName, providerNames } from "../src/contract/provider-name.ts";
import { formatFromSchema } from "../src/schema/format-from-schema.ts";
import { startSimulatedProvider } from "../src/testing/simulated-provider.ts";
import type { SimulatedConversation } from "../src/testing/simulated-model.ts";

const model = "claude-sonnet-4-5";
const schema = { type: "object", properties: { a: { type: "number" }, b: { type: "number" } }, required: ["a"] };
const limits = { requestsPerMinute: 60_000 };
const tools = [{ name: "add", inputSchema: schema, strict: true }];
const base: ChatRequest = { model, messages: [systemMessage("Be brief."), userMessage("Hi")], maxTokens: 2000 };

async function serve(provider: ProviderName, script: (conversation: SimulatedConversation) => string = () => "Hello.") {
  const server = await startSimulatedProvider({
    script: (conversation) => {
      const last = conversation.request.messages.at(-1);
      if (conversation.request.tools === undefined || last?.role === "tool") return { text: script(conversation) };
      return { toolCalls: [{ name: "add", arguments: { a: 1 } }] };
    },
    apiKeys: ["key-0123456789"],
  });
  const client = createChatClient({ provider, apiKey: "key-0123456789", baseUrl: server.baseUrlOf(provider), deployment: "d", limits });
  return { server, client };
}

test.each(providerNames)("%s: texts, tools, structured answers, reasoning and streams, by its own rules", async (provider) => {
  const { server, client } = await serve(provider, ({ request }) => (request.responseFormat === undefined ? "Hello." : '{"a":1}'));
  await using _ = server;
  for (const options of [{}, { onStream: () => {} }]) {
    const plain = await client.chat({ ...base, temperature: 0, stop: ["END"], metadata: { userId: "u" } }, options);
    expect(textOf(plain.message)).toBe("Hello.");
    expect(plain.requestId).toMatch(/^sim_req_/);
    const asked = await client.chat({ ...base, tools, toolChoice: "auto" }, options);
    const results = toolCallsOf(asked.message).map(({ id }) => ({ toolCallId: id, content: "2", isError: false }));
    expect(toolCallsOf(asked.message)).toMatchObject([{ name: "add", arguments: { a: 1 } }]);
    const answered = await client.chat({ ...base, tools, messages: [...base.messages, asked.message, toolMessage(results)] }, options);
    expect(textOf(answered.message)).toBe("Hello.");
    const { format, read } = formatFromSchema({ name: "sum", schema });
    expect(await read(await client.chat({ ...base, responseFormat: format }, options))).toEqual({ a: 1 });
    expect(textOf((await client.chat({ ...base, reasoning: { effort: "low" } }, options)).message)).toBe("Hello.");
  }
  expect(server.counts()).toMatchObject({ byStatus: { 200: 10 }, duplicates: 0 });
});

test.each(["vllm", "litellm", "anthropic"] as const)("%s goes on from an answer that is begun", async (provider) => {
  const { server, client } = await serve(provider, ({ request }) => {
    const last = request.messages.at(-1);
    return last?.role === "assistant" ? `${textOf(last)}…` : "anew";
  });
  await using _ = server;
  const { message } = await client.chat({ ...base, messages: [userMessage("Hi"), assistantMessage("Well,")] });
  expect(textOf(message)).toBe("Well,…");
});

test.each<[ProviderName, Partial<ChatRequest>, string]>([
  ["openai", { responseFormat: { type: "json_object" } }, "must contain the word 'json'"],
  ["azure_openai", { responseFormat: { type: "json_object" } }, "must contain the word 'json'"],
  [
    "anthropic",
    { model: "claude-opus-5", messages: [userMessage("Hi"), assistantMessage("Well,")] },
    "does not support assistant message prefill",
  ],
  ["anthropic", { messages: [userMessage("Hi"), assistantMessage("Well,")], reasoning: { effort: "low" } }, "prefill is not supported"],
  ["vllm", { vllm: { chatTemplate: "x", guided: { regex: "a" } }, stop: ["a"], seed: 0.5 }, "seed"],
])("%s is refused what its provider refuses: %o", async (provider, change, message) => {
  const { server, client } = await serve(provider);
  await using _ = server;
  await expect(client.chat({ ...base, ...change })).rejects.toMatchObject({
    code: "invalid_request",
    attempts: 1,
    message: expect.stringContaining(message),
  });
});

test("Azure is asked by deployment, version and its own header, and says so where one is wrong", async () => {
  const { server } = await serve("azure_openai");
  await using _ = server;
  const baseUrl = server.baseUrlOf("azure_openai");
  const at = (apiKey: string, apiVersion: string) =>
    createChatClient({ provider: "azure_openai", apiKey, baseUrl, apiVersion, deployment: "d" });
  await expect(at("key-9876543210", "2024-10-21").chat(base)).rejects.toMatchObject({ code: "authentication", status: 401 });
  await expect(at("key-0123456789", "latest").chat(base)).rejects.toMatchObject({ code: "not_found", status: 404 });
  expect(textOf((await at("key-0123456789", "2025-01-01-preview").chat(base)).message)).toBe("Hello.");
});

test("each server is strict about what only others take", async () => {
  const { server } = await serve("openai");
  await using _ = server;
  const vllm = createChatClient({ provider: "vllm", apiKey: "key-0123456789", limits, baseUrl: server.baseUrlOf("openai") });
  await expect(vllm.chat({ ...base, vllm: { chatTemplate: "x" } })).rejects.toThrow("Unknown parameter: 'chat_template'");
  const litellm = createChatClient({ provider: "litellm", apiKey: "key-0123456789", limits, baseUrl: server.baseUrlOf("vllm") });
  await expect(litellm.chat({ ...base, messages: [userMessage("a"), assistantMessage("b")] })).rejects.toThrow("prefix");
});
