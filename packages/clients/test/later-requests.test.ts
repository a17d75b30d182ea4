import { expect, test } from "vitest";
import { createChatClient } from "../src/client/create-chat-client.ts";
import type { ChatClient } from "../src/contract/chat-client.ts";
import type { ChatRequest } from "../src/contract/chat-request.ts";
import { systemMessage, userMessage } from "../src/contract/message.ts";
import { providerNames } from "../src/contract/provider-name.ts";

interface Sent {
  readonly url: string;
  readonly method: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const message = { role: "user" as const, parts: [{ type: "text" as const, text: 'Ünïcode "quoted" \u{1f600}' }] };
const requests: readonly ChatRequest[] = [
  { model: "one", maxTokens: 10, messages: [userMessage("Hi")] },
  { model: "two", maxTokens: 20, messages: [systemMessage("Be brief."), message], temperature: 0.5 },
  { model: "one", maxTokens: 30, messages: [message], tools: [{ name: "add", inputSchema: { type: "object" } }], stop: ["END"] },
];

test.each(providerNames)("%s: what a client sends is what the SDK makes of it, also after its first request", async (provider) => {
  const sent: Sent[] = [];
  const makeClient = (): ChatClient =>
    createChatClient(
      { provider, apiKey: "k", baseUrl: "http://127.0.0.1:9/v1", headers: { "X-Team": "blue" }, limits: { requestsPerMinute: 60_000 } },
      {
        fetch: async (input, init) => {
          sent.push({
            url: String(input),
            method: init?.method,
            headers: Object.fromEntries(new Headers(init?.headers)),
            body: init?.body,
          });
          return Response.json({ error: { type: "invalid_request_error", message: "enough" } }, { status: 400 });
        },
      },
    );
  const sendWith = async (clientOf: () => ChatClient): Promise<Sent[]> => {
    const before = sent.length;
    for (const streaming of [false, true]) {
      for (const [index, request] of requests.entries()) {
        const options = { idempotencyKey: `key-${streaming}-${index}`, ...(streaming ? { onStream: () => {} } : {}) };
        await expect(clientOf().chat(request, options)).rejects.toMatchObject({ code: "invalid_request" });
      }
    }
    return sent.slice(before);
  };
  const used = makeClient();
  await sendWith(() => used);
  const later = await sendWith(() => used);
  const first = await sendWith(makeClient);
  expect(first).toHaveLength(6);
  expect(first.map(({ headers }) => headers["x-team"])).toEqual(Array(6).fill("blue"));
  expect(later).toEqual(first);
});
