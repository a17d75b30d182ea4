import { afterEach, expect, test } from "vitest";
import { createChatClient } from "../src/client/create-chat-client.ts";
import type { ChatRequest } from "../src/contract/chat-request.ts";
import { userMessage } from "../src/contract/message.ts";
import type { ErrorCode } from "../src/errors/error-code.ts";
import { startSimulatedProvider } from "../src/testing/simulated-provider.ts";
import type { SimulatedFaultKind, SimulatedProvider } from "../src/testing/simulated-provider-options.ts";

const wires = ["openai", "anthropic"] as const;
const attempts = 3;
const key = "canary-key-51c0ffee";
const request: ChatRequest = { model: "sim-1", messages: [userMessage("Hi")], maxTokens: 100 };
const limits = { requestsPerMinute: 60_000, tokensPerMinute: 6_000_000 };
const full = { requests: 1800, tokens: 180_000 };

/** What a failed attempt costs: nothing where it was refused for limits, the request alone where an error came, else all that was reserved. */
type Cost = "nothing" | "request" | "all";

const faults: readonly (readonly [SimulatedFaultKind, ErrorCode, number | null, Cost])[] = [
  ["rate_limited", "rate_limited", 429, "nothing"],
  ["overloaded", "overloaded", 529, "request"],
  ["server_error", "server_error", 500, "request"],
  ["html_bad_gateway", "server_error", 502, "request"],
  ["connection_reset", "connection", null, "all"],
  ["stall", "timeout", null, "all"],
];
const wholeOnly: typeof faults = [
  ["empty_body", "malformed_response", 200, "all"],
  ["malformed_json", "malformed_response", 200, "all"],
];
const streamOnly: typeof faults = [
  ["empty_body", "connection", 200, "all"],
  ["stream_cut", "connection", null, "all"],
  ["stream_short", "connection", 200, "all"],
  ["stream_stall", "timeout", null, "all"],
  ["stream_error", "overloaded", 200, "all"],
  ["stream_garbage", "malformed_response", 200, "all"],
];

const open: SimulatedProvider[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

const matrix = wires.flatMap((wire) => [
  ...[...faults, ...wholeOnly].map((row) => [wire, "whole", ...row] as const),
  ...[...faults, ...streamOnly].map((row) => [wire, "as a stream", ...row] as const),
]);

test.each(matrix)("%s, %s: %s is %s (%s), tried three times, and costs %s", async (wire, way, fault, code, status, cost) => {
  const provider = await startSimulatedProvider({ script: () => ({ text: "A long enough answer." }), faults: () => fault });
  open.push(provider);
  // Time stands still for the limits, so that nothing is refilled.
  const clock = { now: () => Date.now(), monotonic: () => 0, after: (ms: number, callback: () => void) => delayed(ms, callback) };
  const client = createChatClient(
    {
      provider: wire,
      apiKey: key,
      baseUrl: wire === "openai" ? provider.openaiBaseUrl : provider.anthropicBaseUrl,
      limits,
      timeoutMs: fault === "stall" || fault === "stream_stall" ? 60 : 10_000,
      retry: { maxAttempts: attempts, maxRefusals: attempts, baseDelayMs: 0 },
    },
    { clock, random: () => 0 },
  );
  let reserved = 0;
  const charges: boolean[] = [];
  const failed: unknown = await client
    .chat(request, {
      ...(way === "whole" ? {} : { onStream: () => {} }),
      onAttempt: (event) => {
        if (event.type === "reserved") reserved += event.reservedTokens;
        if (event.type === "failed") charges.push(event.charged);
      },
    })
    .catch((error: unknown) => error);
  expect(failed).toMatchObject({ name: "ProviderError", code, status, attempts, retryable: true, provider: wire });
  expect(provider.counts()).toMatchObject({ received: attempts, answered: 0 });
  const [pool] = client.status();
  expect(pool).toMatchObject({ queued: 0, running: 0 });
  const spent = Object.fromEntries(
    (pool?.dimensions ?? []).map(({ dimension, balance }) => [dimension, full[dimension === "requests" ? "requests" : "tokens"] - balance]),
  );
  expect(spent).toEqual({ requests: cost === "nothing" ? 0 : attempts, tokens: cost === "all" ? reserved : 0 });
  expect(charges).toEqual(cost === "nothing" ? [] : Array.from({ length: attempts }, () => cost === "all"));
  expect(`${String(failed)}${JSON.stringify([failed, pool])}`).not.toContain(key);
});

function delayed(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}

test.each([
  ["openai", 10_000],
  ["anthropic", 1000],
] as const)("%s: %i failed requests leave nothing reserved and nothing running", async (wire, count) => {
  let sent = 0;
  const client = createChatClient(
    {
      provider: wire,
      apiKey: key,
      baseUrl: "http://127.0.0.1:9",
      limits: { ...limits, requestsPerMinute: 60_000_000 },
      retry: { maxAttempts: 1 },
    },
    {
      fetch: async () => {
        sent += 1;
        if (sent % 3 === 0) throw new TypeError("fetch failed", { cause: Object.assign(new Error("refused"), { code: "ECONNREFUSED" }) });
        return sent % 3 === 1
          ? new Response("<p>Bad gateway</p>", { status: 502 })
          : Response.json({ error: { message: "no" } }, { status: 500 });
      },
    },
  );
  const outcomes = await Promise.allSettled(Array.from({ length: count }, () => client.chat(request)));
  expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
  const [pool] = client.status();
  expect(pool).toMatchObject({ queued: 0, running: 0 });
  const tokens = pool?.dimensions.find(({ dimension }) => dimension === "tokens");
  expect(tokens?.balance).toBe(tokens?.capacity);
});
