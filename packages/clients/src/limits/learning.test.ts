import { expect, test } from "vitest";
import { limits, setUp } from "../../test/limiter-bench.ts";
import { type LimitHeaders, limitHeadersOf } from "./limit-headers.ts";

function headers(values: Record<string, string>): LimitHeaders {
  return limitHeadersOf(new Headers(values), 0);
}

test("learns how long answers are and how far estimates are off", async () => {
  const { clock, held, submit } = setUp({ tokensPerMinute: 6_000_000 });
  for (let index = 0; index < 40; index += 1) {
    submit("a", { inputTokens: 100, maxOutputTokens: 1000 });
    await clock.advance(100);
    held.at(-1)?.settle({ requests: 1, inputTokens: 130, outputTokens: 50, reported: true });
  }
  submit("b", { inputTokens: 100, maxOutputTokens: 1000 });
  await clock.advance(0);
  expect(held[0]).toMatchObject({ inputTokens: 100, outputTokens: 1000 });
  expect(held.at(-1)?.inputTokens).toBe(130);
  expect(held.at(-1)?.outputTokens).toBeLessThan(60);
  expect(held.at(-1)?.outputTokens).toBeGreaterThanOrEqual(50);
});

test("what exceeds a guess goes at once, pays for itself afterwards, and waits in full once the limit is stated", async () => {
  const { clock, limiter, pool, admitted, held, submit, balances } = setUp({ tokensPerMinute: 40_000 }, true);
  submit("first", { inputTokens: 100, maxOutputTokens: 4000 });
  await clock.advance(0);
  expect(admitted).toEqual(["first"]);
  held[0]?.settle({ requests: 1, inputTokens: 100, outputTokens: 2100, reported: false });
  expect(balances()).toEqual({ tokens: 1200 - 2200 });
  limiter.learn(pool, headers({ "x-ratelimit-limit-tokens": "60000" }));
  submit("second", { inputTokens: 100, maxOutputTokens: 4900 });
  await clock.advance(5900);
  expect(admitted).toEqual(["first"]);
  await clock.advance(200);
  expect(admitted).toEqual(["first", "second"]);
});

test("headers lower the balance but never raise it, and lower a limit that was given", async () => {
  const { clock, limiter, pool, submit, balances } = setUp(limits);
  submit("a");
  await clock.advance(0);
  limiter.learn(pool, headers({ "x-ratelimit-remaining-requests": "3", "x-ratelimit-remaining-tokens": "50000" }));
  expect(balances()).toEqual({ requests: 3, tokens: 8800 });
  limiter.learn(pool, headers({ "x-ratelimit-limit-requests": "900", "x-ratelimit-limit-tokens": "30000" }));
  expect(limiter.status(pool)[0]?.dimensions).toEqual([
    { dimension: "requests", perMinute: 60, capacity: 9, balance: 3 },
    { dimension: "tokens", perMinute: 30_000, capacity: 4500, balance: 4500 },
  ]);
});

test("headers that say what cannot be are passed over, and a limit that was lowered comes back to what was given", async () => {
  const { clock, limiter, pool, admitted, submit } = setUp(limits);
  const state = () => limiter.status(pool)[0]?.dimensions;
  submit("a");
  await clock.advance(60_000);
  const before = state();
  for (const lie of ["-1", "NaN", "1e9", "9".repeat(400), "0", "9007199254740993", ""]) {
    limiter.learn(pool, headers({ "x-ratelimit-limit-requests": lie, "x-ratelimit-limit-tokens": lie }));
  }
  limiter.learn(pool, headers({ "x-ratelimit-remaining-requests": "9".repeat(400), "x-ratelimit-reset-requests": "Infinity" }));
  expect(state()).toEqual(before);
  limiter.learn(pool, headers({ "x-ratelimit-limit-requests": "6" }));
  expect(state()?.[0]).toMatchObject({ perMinute: 6 });
  limiter.learn(pool, headers({ "x-ratelimit-limit-requests": "6000" }));
  expect(state()?.[0]).toMatchObject({ perMinute: 60 });
  submit("b");
  await clock.advance(10_000);
  expect(admitted).toEqual(["a", "b"]);
});

test("whatever is reported of what a request cost, a minute later all is as before", async () => {
  const { clock, held, submit, balances } = setUp(limits);
  for (const tokens of [-1e9, 1e15, Number.MAX_VALUE]) {
    submit("a");
    await clock.advance(0);
    held.at(-1)?.settle({ requests: 1, inputTokens: tokens, outputTokens: tokens, reported: true });
    await clock.advance(75_000);
    expect(balances()).toEqual({ requests: 9, tokens: 9000 });
  }
  submit("b");
  await clock.advance(10_000);
  expect(held).toHaveLength(4);
});

test("headers replace limits that were a guess, dimensions included", () => {
  const { limiter, pool } = setUp({ requestsPerMinute: 50, tokensPerMinute: 40_000 }, true);
  const stated = {
    "anthropic-ratelimit-requests-limit": "1000",
    "anthropic-ratelimit-tokens-limit": "100000",
    "anthropic-ratelimit-input-tokens-limit": "80000",
    "anthropic-ratelimit-output-tokens-limit": "20000",
    "anthropic-ratelimit-output-tokens-remaining": "300",
  };
  limiter.learn(pool, headers(stated));
  expect(limiter.status(pool)[0]?.dimensions.map((each) => [each.dimension, each.perMinute, each.balance])).toEqual([
    ["requests", 1000, 1],
    ["input_tokens", 80_000, 2400],
    ["output_tokens", 20_000, 300],
  ]);
});
