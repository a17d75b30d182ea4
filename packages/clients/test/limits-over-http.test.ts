import { afterEach, expect, test } from "vitest";
import { createChatClient } from "../src/client/create-chat-client.ts";
import { userMessage } from "../src/contract/message.ts";
import { errorOf, HttpBench, key, request, wires } from "./http-bench.ts";

const { setUp, closeAll } = new HttpBench();

afterEach(closeAll);

test("close refuses what is new and lets what runs end", async () => {
  const { client } = await setUp("openai", { latency: { medianMs: 50, sigma: 0 } });
  const running = client.chat(request);
  const closing = client.close();
  expect(await errorOf(client.chat(request))).toMatchObject({ code: "closed", attempts: 0 });
  await closing;
  expect(await running).toMatchObject({ finishReason: "stop" });
});

test("two processes that draw on one key without knowing of each other may be refused, and lose nothing", async () => {
  const limits = { requestsPerMinute: 1800, tokensPerMinute: 1_000_000 };
  const { client, provider } = await setUp("openai", { limits }, { limits, retry: {} });
  const other = createChatClient({ provider: "openai", apiKey: key, baseUrl: provider.openaiBaseUrl, limits });
  const both = Array.from({ length: 80 }, (_, index) => (index % 2 === 0 ? client : other).chat(request));
  const answers = await Promise.all(both);
  // How many are refused depends on how fast the machine is.
  const { answered, duplicates, received, refused } = provider.counts();
  expect({ answered, duplicates, received }).toEqual({ answered: 80, duplicates: 0, received: 80 + refused });
  expect(answers.reduce((attempts, answer) => attempts + answer.attempts, 0)).toBe(received);
});

test("a server that bears more is given more, also where it reports no usage", async () => {
  let most = 0;
  let running = 0;
  const fetch = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 2));
    running -= 1;
    return Response.json({ choices: [{ message: { content: "a" }, finish_reason: "stop" }] });
  };
  const client = createChatClient({ provider: "vllm" }, { fetch });
  await Promise.all(Array.from({ length: 300 }, () => client.chat(request)));
  expect(most).toBeGreaterThan(20);
  expect(client.status()[0]?.maxConcurrent).toBeGreaterThan(20);
});

test("limits that were not stated are learnt from the provider's headers", async () => {
  const { client, provider } = await setUp(
    "anthropic",
    { limits: { requestsPerMinute: 1200, tokensPerMinute: 600_000 } },
    { limits: undefined },
  );
  await client.chat(request);
  expect(client.status()[0]?.dimensions.map(({ dimension, perMinute }) => [dimension, perMinute])).toEqual([
    ["requests", 1200],
    ["tokens", 600_000],
  ]);
  expect(provider.counts().refused).toBe(0);
});

test.each(wires)("%s: many requests at a tight limit, in two runs, without one refusal, loss or duplicate", async (wire) => {
  const limits = { requestsPerMinute: 3000, tokensPerMinute: 300_000 };
  const { client, provider } = await setUp(
    wire,
    // A busy machine holds requests up, which then arrive together: the server bears two seconds of that.
    {
      limits: { ...limits, burstSeconds: 4 },
      latency: { medianMs: 20 },
      script: ({ sequence }) => ({ text: "x", outputTokens: 5 + ((sequence * 37) % 90) }),
    },
    { limits },
  );
  const run = () =>
    Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        client.chat({ ...request, messages: [userMessage(`Question ${index}: ${"word ".repeat(index % 30)}`)] }),
      ),
    );
  await run();
  await run();
  expect(provider.counts()).toMatchObject({ received: 120, answered: 120, refused: 0, duplicates: 0 });
});
