import { expect, test } from "vitest";
import { createChatClient } from "../src/client/create-chat-client.ts";
import { userMessage } from "../src/contract/message.ts";
import { ProviderError } from "../src/errors/provider-error.ts";
import { seededRandom } from "../src/testing/seeded-random.ts";
import { startSimulatedProvider } from "../src/testing/simulated-provider.ts";
import type { SimulatedFaultKind } from "../src/testing/simulated-provider-options.ts";

const faults: readonly SimulatedFaultKind[] = [
  "rate_limited",
  "overloaded",
  "server_error",
  "html_bad_gateway",
  "empty_body",
  "connection_reset",
  "malformed_json",
  "stream_cut",
  "stream_short",
  "stream_error",
  "stream_garbage",
  "stream_split",
];
const limits = { requestsPerMinute: 60_000, tokensPerMinute: 6_000_000 };
const count = 400;

test.each(["openai", "anthropic"] as const)(
  "%s: in a storm of faults, aborts and deadlines each request ends once, none is paid for twice, and nothing is left behind",
  async (wire) => {
    const random = seededRandom(5);
    await using provider = await startSimulatedProvider({
      script: () => ({ text: "A long enough answer.", toolCalls: random() < 0.3 ? [{ name: "t", arguments: { a: 1 } }] : [] }),
      limits: { ...limits, burstSeconds: 60 },
      latency: { medianMs: 10 },
      faults: () => (random() < 0.3 ? faults[Math.floor(random() * faults.length)] : undefined),
    });
    const retry = { baseDelayMs: 5, maxDelayMs: 20, maxAttempts: 50, maxRefusals: 50 };
    const baseUrl = provider.baseUrlOf(wire);
    const client = createChatClient({ provider: wire, apiKey: "key-0123456789", baseUrl, limits: { ...limits, maxConcurrent: 50 }, retry });
    const shared = new AbortController();
    const outcomes = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const own = new AbortController();
        const fate = random();
        if (fate < 0.15) setTimeout(() => own.abort(), random() * 400);
        if (index === 20) setTimeout(() => shared.abort(), 150);
        const signal = fate < 0.15 ? own.signal : fate < 0.3 ? shared.signal : undefined;
        const deadline = fate > 0.85 ? new Date(Date.now() + random() * 400) : undefined;
        const request = { model: "m", messages: [userMessage(`Question ${index}`)], maxTokens: 100 };
        const options = { signal, deadline, run: String(index % 7), ...(index % 2 === 0 ? {} : { onStream: () => {} }) };
        const outcome = await client.chat(request, options).then(
          () => "answered",
          (error: unknown) => (ProviderError.is(error) ? error.code : error),
        );
        return fate >= 0.3 && fate <= 0.85 ? outcome : "ended";
      }),
    );
    expect(new Set(outcomes)).toEqual(new Set(["answered", "ended"]));
    const { answered, duplicates } = provider.counts();
    expect(answered).toBeGreaterThanOrEqual(outcomes.filter((outcome) => outcome === "answered").length);
    expect(duplicates).toBe(0);
    expect(client.status()).toMatchObject([{ queued: 0, running: 0 }]);
    await client.close();
  },
);
