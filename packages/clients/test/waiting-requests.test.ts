import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { createChatClient } from "../src/client/create-chat-client.ts";
import type { ChatRequest } from "../src/contract/chat-request.ts";
import { userMessage } from "../src/contract/message.ts";

const count = 10_000;
const request: ChatRequest = { model: "m", messages: [userMessage("Hi")], maxTokens: 10 };
const answer = { choices: [{ message: { content: "Hello." }, finish_reason: "stop" }], usage: { prompt_tokens: 9, completion_tokens: 3 } };

test("a request that waits takes less than 1 600 bytes, and one signal ends all of them", async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const client = createChatClient(
    { provider: "openai", apiKey: "k", baseUrl: "http://127.0.0.1:9", limits: { requestsPerMinute: 1 } },
    { fetch: async () => Response.json(answer) },
  );
  await client.chat(request);
  const controller = new AbortController();
  collect();
  const before = process.memoryUsage().heapUsed;
  const all = Promise.allSettled(Array.from({ length: count }, () => client.chat(request, { signal: controller.signal })));
  await expect.poll(() => client.status()[0]?.queued).toBe(count);
  collect();
  expect((process.memoryUsage().heapUsed - before) / count).toBeLessThan(1600);
  controller.abort(new Error("enough"));
  const outcomes = await all;
  expect(outcomes.every((outcome) => outcome.status === "rejected" && outcome.reason.code === "aborted")).toBe(true);
  expect(client.status()).toMatchObject([{ queued: 0, running: 0 }]);
});
