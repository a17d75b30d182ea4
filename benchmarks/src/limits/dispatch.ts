import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type ChatRequest, createChatClient, type RateLimits, userMessage } from "@minference/clients";

/** What it costs to hand requests on. */
export interface DispatchCost {
  readonly perSecond: number;
  readonly bytesPerRequest: number;
  readonly cancelledInMs: number;
}

const count = 50_000;
const request: ChatRequest = { model: "stub", messages: [userMessage("Hi")], maxTokens: 10 };
const answer = JSON.stringify({
  id: "stub",
  choices: [{ message: { content: "Hello." }, finish_reason: "stop" }],
  usage: { prompt_tokens: 9, completion_tokens: 3 },
});
const instant = async (): Promise<Response> => new Response(answer, { headers: { "content-type": "application/json" } });

function clientWith(limits: RateLimits) {
  return createChatClient({ provider: "openai", apiKey: "benchmark", baseUrl: "http://127.0.0.1:9", limits }, { fetch: instant });
}

/** Measures dispatching through one bucket, the memory of requests that wait, and how long it takes to cancel them all. */
export async function measureDispatch(): Promise<DispatchCost> {
  const fast = clientWith({ requestsPerMinute: 60_000_000 });
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: count }, async () => await fast.chat(request)));
  const perSecond = count / ((performance.now() - startedAt) / 1000);

  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const slow = clientWith({ requestsPerMinute: 1 });
  await slow.chat(request);
  const controller = new AbortController();
  collect();
  const before = process.memoryUsage().heapUsed;
  const waiting = Promise.allSettled(Array.from({ length: count }, () => slow.chat(request, { signal: controller.signal })));
  await new Promise((resolve) => setTimeout(resolve, 3000));
  collect();
  const bytesPerRequest = (process.memoryUsage().heapUsed - before) / count;
  const cancelledAt = performance.now();
  controller.abort();
  await waiting;
  return { perSecond, bytesPerRequest, cancelledInMs: performance.now() - cancelledAt };
}
