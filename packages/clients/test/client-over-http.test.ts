import { afterEach, expect, test } from "vitest";
import { createChatClient } from "../src/client/create-chat-client.ts";
import { systemClock } from "../src/clock/clock.ts";
import type { AttemptEvent } from "../src/contract/attempt-event.ts";
import { toolMessage } from "../src/contract/message.ts";
import { textOf, toolCallsOf } from "../src/contract/message-content.ts";
import type { SimulatedFault } from "../src/testing/simulated-provider-options.ts";
import { errorOf, first, HttpBench, key, request, wires } from "./http-bench.ts";
import { ImpatientClock } from "./impatient-clock.ts";

const { setUp, closeAll } = new HttpBench();

afterEach(closeAll);

test.each(wires)("%s: a conversation with several tool calls in one turn", async (wire) => {
  const { client, provider } = await setUp(wire, {
    script: ({ request: { messages } }) => {
      const last = messages.at(-1);
      if (last?.role !== "tool")
        return {
          text: "Both:",
          toolCalls: [
            { name: "t", arguments: { a: 1 } },
            { name: "t", arguments: { a: 2 } },
          ],
        };
      return { text: last.results.map(({ content }) => content).join("+") };
    },
  });
  const asked = await client.chat(request);
  expect(asked).toMatchObject({ provider: wire, model: "sim-1", requestId: "sim_req_0", finishReason: "tool_calls", attempts: 1 });
  expect(textOf(asked.message)).toBe("Both:");
  const calls = toolCallsOf(asked.message);
  expect(calls.map((call) => call.arguments)).toEqual([{ a: 1 }, { a: 2 }]);
  const results = calls.map(({ id }, index) => ({ toolCallId: id, content: String(index + 1), isError: false }));
  const answered = await client.chat({ ...request, messages: [...request.messages, asked.message, toolMessage(results)] });
  expect(textOf(answered.message)).toBe("1+2");
  expect(answered.finishReason).toBe("stop");
  expect(answered.timings.doneAt).toBeGreaterThanOrEqual(answered.timings.sentAt);
  const { inputTokens, outputTokens, duplicates } = provider.counts();
  expect(duplicates).toBe(0);
  expect(asked.usage.totalTokens + answered.usage.totalTokens).toBe(inputTokens + outputTokens);
});

const survived: readonly SimulatedFault[] = [
  { kind: "rate_limited", retryAfter: "0.05" },
  "rate_limited",
  "overloaded",
  { kind: "overloaded", retryAfter: "0.01" },
  "server_error",
  "html_bad_gateway",
  "empty_body",
  "malformed_json",
  "connection_reset",
];

test.each(wires.flatMap((wire) => survived.map((fault) => [wire, fault] as const)))("%s survives %o", async (wire, fault) => {
  const { client, provider } = await setUp(wire, first(fault, 2));
  const response = await client.chat(request);
  expect(response.attempts).toBe(3);
  expect(provider.counts()).toMatchObject({ received: 3, answered: 1, duplicates: 0 });
  expect(client.status()).toMatchObject([{ queued: 0, running: 0 }]);
});

test.each([
  ["rate_limited", "rate_limited", 429],
  ["overloaded", "overloaded", 529],
  ["server_error", "server_error", 500],
  ["html_bad_gateway", "server_error", 502],
  ["empty_body", "malformed_response", 200],
  ["malformed_json", "malformed_response", 200],
  ["connection_reset", "connection", null],
] as const)("%s without end is %s after all attempts, with the balance as it should be", async (fault, code, status) => {
  const { client, provider } = await setUp("openai", first(fault, 99));
  const error = await errorOf(client.chat(request));
  expect(error).toMatchObject({ name: "ProviderError", code, status, attempts: 4, retryable: true, provider: "openai" });
  expect(provider.counts().received).toBe(4);
  const [limits] = client.status();
  expect(limits).toMatchObject({ queued: 0, running: 0 });
});

test("a stalled answer times out and is asked for again", async () => {
  const clock = new ImpatientClock();
  const stalls = (times: number) => (received: number) => {
    if (received >= times) return undefined;
    setTimeout(() => clock.expire(), 5);
    return "stall";
  };
  const { client, provider } = await setUp("openai", { faults: stalls(1) }, {}, clock);
  expect(await client.chat(request)).toMatchObject({ attempts: 2 });
  const endless = await setUp("anthropic", { faults: stalls(9) }, { timeoutMs: 70_000, retry: { maxAttempts: 2, baseDelayMs: 1 } }, clock);
  expect(await errorOf(endless.client.chat(request))).toMatchObject({
    code: "timeout",
    attempts: 2,
    message: expect.stringContaining("70000 ms"),
  });
  expect(provider.counts().abandoned).toBe(1);
});

test("nobody there: a connection error, tried again, that says so", async () => {
  const { client, provider } = await setUp("openai");
  await provider.close();
  expect(await errorOf(client.chat(request))).toMatchObject({
    code: "connection",
    attempts: 4,
    status: null,
    message: expect.stringContaining("ECONNREFUSED"),
  });
  expect(client.status()[0]?.dimensions.map(({ balance, capacity }) => balance - capacity)).toEqual([0, 0]);
});

test.each([
  ["EMFILE", 4, true],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", 1, false],
  ["CERT_HAS_EXPIRED", 1, false],
  ["ERR_TLS_CERT_ALTNAME_INVALID", 1, false],
] as const)("%s is met %i times, costs nothing, and says whether it is to be tried again: %s", async (code, attempts, retryable) => {
  const limits = { requestsPerMinute: 60_000, tokensPerMinute: 60_000_000 };
  const cause = Object.assign(new Error("no"), { code });
  const client = createChatClient(
    { provider: "openai", apiKey: key, limits, retry: { maxAttempts: 4, baseDelayMs: 1 } },
    { fetch: async () => Promise.reject(new TypeError("fetch failed", { cause })) },
  );
  expect(await errorOf(client.chat(request))).toMatchObject({
    code: "connection",
    attempts,
    retryable,
    message: expect.stringContaining(code),
  });
  expect(client.status()[0]?.dimensions.map(({ balance, capacity }) => balance - capacity)).toEqual([0, 0]);
});

test.each(wires)("%s: final errors are final, with one attempt, and a refused key ends what waits behind it", async (wire) => {
  const limits = { requestsPerMinute: 60, tokensPerMinute: 60_000, burstSeconds: 2 };
  const { client, provider } = await setUp(wire, { apiKeys: ["another"] }, { limits });
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => errorOf(client.chat(request))));
  for (const error of outcomes) expect(error).toMatchObject({ code: "authentication", status: 401, retryable: false });
  expect(provider.counts().received).toBeLessThanOrEqual(2);
  const scripted = await setUp(wire, { script: () => ({ refuse: { status: 400, message: "Wrong." } }) });
  expect(await errorOf(scripted.client.chat(request))).toMatchObject({
    code: "invalid_request",
    attempts: 1,
    message: expect.stringContaining("Wrong."),
  });
  const poor = await setUp(wire, {
    script: () => ({ refuse: { status: 429, message: "Pay.", type: wire === "openai" ? "insufficient_quota" : "billing_error" } }),
  });
  expect(await errorOf(poor.client.chat(request))).toMatchObject({ code: "quota_exhausted", attempts: 1, retryable: false });
  const unknown = await setUp(wire, { models: ["other"] });
  expect(await errorOf(unknown.client.chat(request))).toMatchObject({ code: "not_found", attempts: 1, status: 404 });
});

test("what the provider would refuse is refused here, and nothing is sent", async () => {
  const { client, provider } = await setUp("openai");
  expect(await errorOf(client.chat({ ...request, messages: [] }))).toMatchObject({ code: "invalid_request", attempts: 0 });
  const tight = await setUp("openai", {}, { limits: { tokensPerMinute: 50 } });
  expect(await errorOf(tight.client.chat(request))).toMatchObject({
    code: "request_exceeds_limit",
    attempts: 0,
    message: expect.stringContaining("maxTokens"),
  });
  const never = { deadline: new Date("never") };
  expect(await errorOf(client.chat(request, never))).toMatchObject({ code: "invalid_request", attempts: 0 });
  expect(provider.counts().received + tight.provider.counts().received).toBe(0);
});

test("broken tool arguments are kept and marked, never thrown away", async () => {
  const { client } = await setUp("openai", {
    ...first("malformed_tool_arguments"),
    script: () => ({ toolCalls: [{ name: "t", arguments: { a: 1 } }] }),
  });
  const { message } = await client.chat(request);
  expect(toolCallsOf(message)).toEqual([
    { type: "tool_call", id: "sim_call_0_0", name: "t", argumentsText: '{"a":1', error: expect.stringContaining("not valid JSON") },
  ]);
});

test("a deadline ends a request also while it is held for an hour", async () => {
  const { client } = await setUp("openai", first({ kind: "rate_limited", retryAfter: "3600" }));
  const started = Date.now();
  const error = await errorOf(client.chat(request, { deadline: new Date(started + 150) }));
  expect(error).toMatchObject({ code: "deadline_exceeded", attempts: 1 });
  expect(client.status()[0]?.holdUntil).toBeGreaterThan(started + 3_500_000);
});

test("waiting longer than the policy allows is given up at once, and holds the others no longer than it allows", async () => {
  const started = Date.now();
  const { client } = await setUp("openai", first({ kind: "rate_limited", retryAfter: "3600" }), { retry: { maxElapsedMs: 60_000 } });
  expect(await errorOf(client.chat(request))).toMatchObject({
    code: "rate_limited",
    attempts: 1,
    retryAfterMs: 3_600_000,
    retryable: true,
  });
  const [status] = client.status();
  expect(status?.holdUntil).toBeGreaterThanOrEqual(started + 60_000);
  expect(status?.holdUntil).toBeLessThan(started + 600_000);
});

test("what a request waited for its turn does not count as time it was tried in", async () => {
  let monotonic = 0;
  const clock = { ...systemClock, monotonic: () => monotonic };
  let asked = 0;
  const fetch = async () => {
    asked += 1;
    return asked === 1 ? new Response("", { status: 500 }) : Response.json({ choices: [{ message: { content: "a" } }] });
  };
  const retry = { maxElapsedMs: 60_000, baseDelayMs: 1 };
  const client = createChatClient({ provider: "openai", apiKey: key, retry }, { clock, fetch });
  const waited = { onAttempt: ({ type }: AttemptEvent) => void (type === "queued" && asked === 0 && (monotonic += 3_600_000)) };
  expect(await client.chat(request, waited)).toMatchObject({ attempts: 2, timings: { queuedMs: 3_600_000 } });
});

test("what failed attempts may cost is bounded", async () => {
  const bounded = (maxWastedTokens: number) => setUp("openai", first("malformed_json", 9), { retry: { baseDelayMs: 1, maxWastedTokens } });
  const { client } = await bounded(150);
  expect(await errorOf(client.chat(request))).toMatchObject({ code: "malformed_response", attempts: 2 });
  const strict = await bounded(1);
  expect(await errorOf(strict.client.chat(request))).toMatchObject({ code: "malformed_response", attempts: 1 });
});

test("each step is told in order, before the request goes on", async () => {
  const { client } = await setUp("openai", { faults: (received) => (["rate_limited", "server_error"] as const)[received] });
  const events: AttemptEvent[] = [];
  await client.chat(request, { idempotencyKey: "mine", onAttempt: async (event) => void events.push(await Promise.resolve(event)) });
  expect(events.map(({ type, attempt }) => `${attempt} ${type}`).join(",")).toBe(
    [
      "1 queued,1 reserved,1 sent,1 refused,1 retried",
      "2 queued,2 reserved,2 sent,2 failed,2 retried",
      "3 queued,3 reserved,3 sent,3 done",
    ].join(","),
  );
  expect(events[2]).toMatchObject({ idempotencyKey: "mine" });
});

test("a listener that fails before sending keeps the request from being sent", async () => {
  const { client, provider } = await setUp("openai");
  const failing = client.chat(request, {
    onAttempt: ({ type }) => {
      if (type === "sent") throw new Error("the ledger is full");
    },
  });
  await expect(failing).rejects.toThrow("the ledger is full");
  expect(provider.counts().received).toBe(0);
  expect(client.status()).toMatchObject([{ running: 0, dimensions: [{ balance: 1800 }, { balance: 1_800_000 }] }]);
});

test("the key is in no error, event or status, whatever the server sends back", async () => {
  const echo = `key ${key} in Bearer ${key}`;
  const { client } = await setUp("openai", { script: () => ({ refuse: { status: 400, message: echo } }) });
  const events: AttemptEvent[] = [];
  const error = await errorOf(client.chat(request, { onAttempt: (event) => void events.push(event) }));
  const html = createChatClient(
    { provider: "anthropic", apiKey: key, baseUrl: "http://127.0.0.1:9", retry: { maxAttempts: 1 } },
    { fetch: async () => new Response(`<p>${key}</p>`, { status: 502, headers: { "x-api-key": key } }) },
  );
  const broken = createChatClient(
    { provider: "openai", apiKey: key, baseUrl: "http://127.0.0.1:9", retry: { maxAttempts: 1 } },
    { fetch: async () => Promise.reject(new TypeError(`fetch failed for ${key}`, { cause: new Error(key) })) },
  );
  const said = [error, await errorOf(html.chat(request)), await errorOf(broken.chat(request))].map((each) => {
    const causes = [each.cause, each.cause instanceof Error ? each.cause.cause : undefined];
    return [each.stack, ...causes.map((cause) => (cause instanceof Error ? cause.stack : cause)), JSON.stringify(each)].join("\n");
  });
  expect(said.join("\n")).toContain("[key removed]");
  expect(`${said.join("\n")}${JSON.stringify([events, client.status()])}`).not.toContain(key);
});

test("redirects are not followed, so a key goes nowhere else", async () => {
  const seen: string[] = [];
  const redirecting = createChatClient(
    { provider: "openai", apiKey: key, baseUrl: "http://127.0.0.1:9" },
    {
      fetch: async (input, init) => {
        seen.push(`${init?.redirect} ${input instanceof Request ? input.url : input.toString()}`);
        return new Response(null, { status: 307, headers: { location: "http://example.org/" } });
      },
    },
  );
  expect(await errorOf(redirecting.chat(request))).toMatchObject({
    code: "invalid_request",
    status: 307,
    message: expect.stringContaining("redirect"),
  });
  expect(seen).toEqual(["manual http://127.0.0.1:9/chat/completions"]);
});
