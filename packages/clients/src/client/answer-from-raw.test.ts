import { expect, test } from "vitest";
import { userMessage } from "../contract/message.ts";
import { ProviderError } from "../errors/provider-error.ts";
import { startSimulatedProvider } from "../testing/simulated-provider.ts";
import { answerFromRaw } from "./answer-from-raw.ts";
import { createChatClient } from "./create-chat-client.ts";

test.each(["openai", "anthropic"] as const)("%s: a kept raw answer reads as it did when it came", async (provider) => {
  const toolCalls = [{ name: "t", arguments: { a: 1 } }];
  await using server = await startSimulatedProvider({ script: () => ({ text: "x", toolCalls, reasoning: "hm" }) });
  const baseUrl = provider === "openai" ? server.openaiBaseUrl : server.anthropicBaseUrl;
  const client = createChatClient({ provider, apiKey: "k", baseUrl });
  const { raw, model, finishReason, message, usage } = await client.chat({ model: "m", maxTokens: 100, messages: [userMessage("a")] });
  expect(answerFromRaw(provider, structuredClone(raw))).toEqual({ model, finishReason, message, usage });
});

test("what is no answer is an error of its own", () => {
  for (const provider of ["openai", "anthropic"] as const) {
    expect(() => answerFromRaw(provider, { content: 1 })).toThrow(ProviderError);
  }
});
