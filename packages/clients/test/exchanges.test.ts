import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { LLMock } from "@copilotkit/aimock";
import { expect, test } from "vitest";
import { z } from "zod";
import { createChatClient } from "../src/client/create-chat-client.ts";
import type { ChatRequest } from "../src/contract/chat-request.ts";
import { assistantMessage, toolMessage, userMessage } from "../src/contract/message.ts";
import { providerNames } from "../src/contract/provider-name.ts";
import type { StreamEvent } from "../src/contract/stream-event.ts";
import { messageOfStream } from "../src/contract/stream-message.ts";
import { DirectoryAnswerStore } from "../src/kept/directory-answer-store.ts";

const directory = join(import.meta.dirname, "exchanges");
const sent = z.object({ event: z.string().optional(), data: z.unknown().optional(), comment: z.string().optional() });
const exchange = z.strictObject({
  provider: z.enum(providerNames),
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.unknown().optional(),
  text: z.string().optional(),
  events: z.array(sent).optional(),
  expected: z.looseObject({ error: z.looseObject({ code: z.string() }).optional() }),
});
type Exchange = z.output<typeof exchange>;

const request: ChatRequest = { model: "m", messages: [userMessage("Hi")], maxTokens: 2000 };
const files = globSync("*.json", { cwd: directory }).toSorted();

function bodyOf({ body, text, events }: Exchange): string {
  if (events === undefined) return text ?? JSON.stringify(body);
  const lines = events.map(({ event, data, comment }) => {
    if (comment !== undefined) return `:${comment}\n\n`;
    return `${event === undefined ? "" : `event: ${event}\n`}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
  });
  return lines.join("");
}

test("there are exchanges of every provider, whole, streamed and failed", () => {
  expect(files.length).toBeGreaterThan(40);
  for (const provider of ["openai", "azure", "openrouter", "vllm", "litellm", "anthropic"]) {
    expect(files.some((file) => file.startsWith(`${provider}-`))).toBe(true);
  }
});

test.each(files.map((file) => [basename(file, ".json")]))("%s is read as it is meant", async (name) => {
  const given = exchange.parse(JSON.parse(readFileSync(join(directory, `${name}.json`), "utf8")));
  const { provider, status, headers, events, expected } = given;
  const client = createChatClient(
    {
      provider,
      apiKey: "key-0123456789",
      baseUrl: "http://127.0.0.1:9",
      limits: { requestsPerMinute: 60_000 },
      retry: { maxAttempts: 1, maxRefusals: 1 },
    },
    { fetch: async () => new Response(bodyOf(given), { status, headers }) },
  );
  const told: StreamEvent[] = [];
  const options = events === undefined ? {} : { onStream: (event: StreamEvent) => void told.push(event) };
  const asked = client.chat(request, options);
  if (expected.error === undefined) {
    const response = await asked;
    expect(response).toMatchObject({ provider, attempts: 1, ...expected });
    if (events !== undefined) expect(messageOfStream(told)).toEqual(response.message);
    // What a provider answered can be sent back to it.
    if (response.finishReason === "stop") {
      const again = { ...request, messages: [...request.messages, response.message, userMessage("Go on.")] };
      expect((await client.chat(again, options)).message).toEqual(response.message);
    }
  } else {
    await expect(asked).rejects.toMatchObject({ name: "ProviderError", provider, attempts: 1, ...expected.error });
  }
  expect(client.status()).toMatchObject([{ queued: 0, running: 0 }]);
});

const tools = [{ name: "add", inputSchema: { type: "object", properties: { a: { type: "number" } }, required: ["a"] } }];
const asking: ChatRequest = { model: "claude-sonnet-4-5", messages: [userMessage("Add both")], maxTokens: 2000, tools };
const results = toolMessage(["1", "2"].map((content, index) => ({ toolCallId: `call_${index}`, content, isError: false })));
const calls = [0, 1].map(
  (a) => ({ type: "tool_call", id: `call_${a}`, name: "add", arguments: { a }, argumentsText: `{"a":${a}}` }) as const,
);

test.each(["openai", "anthropic"] as const)("%s: what was recorded from another server is replayed the same", async (provider) => {
  const mode = process.env.RECORD_EXCHANGES === undefined ? "replay" : "record";
  const server = new LLMock({ port: 0, logLevel: "silent" });
  server.on(
    { userMessage: "Add both", hasToolResult: false },
    { toolCalls: [0, 1].map((a) => ({ id: `call_${a}`, name: "add", arguments: `{"a":${a}}` })) },
  );
  server.on({ userMessage: "Add both", hasToolResult: true }, { content: "One." });
  if (mode === "record") await server.start();
  const baseUrl = mode === "replay" ? "http://127.0.0.1:9" : provider === "openai" ? `${server.url}/v1` : server.url;
  const store = new DirectoryAnswerStore(join(directory, "recorded"));
  const client = createChatClient({ provider, apiKey: "key-0123456789", baseUrl }, { answers: { mode, store } });
  const asked = await client.chat(asking);
  expect(asked).toMatchObject({ finishReason: "tool_calls", message: { parts: calls }, attempts: mode === "replay" ? 0 : 1 });
  const answered = await client.chat({ ...asking, messages: [...asking.messages, asked.message, results] });
  expect(answered).toMatchObject({ finishReason: "stop", message: assistantMessage("One.") });
  if (mode === "record") await server.stop();
});
