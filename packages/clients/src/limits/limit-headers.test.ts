import { expect, test } from "vitest";
import { limitHeadersOf } from "./limit-headers.ts";

const now = Date.UTC(2026, 0, 1);

test("reads what OpenAI states", () => {
  const headers = new Headers({
    "x-ratelimit-limit-requests": "900",
    "x-ratelimit-remaining-requests": "899",
    "x-ratelimit-reset-requests": "66ms",
    "x-ratelimit-limit-tokens": "300000",
    "x-ratelimit-remaining-tokens": "299000",
    "x-ratelimit-reset-tokens": "1m2.5s",
  });
  expect(limitHeadersOf(headers, now)).toEqual([
    { dimension: "requests", limit: 900, remaining: 899, resetMs: 66 },
    { dimension: "tokens", limit: 300_000, remaining: 299_000, resetMs: 62_500 },
  ]);
});

test("reads what Anthropic states", () => {
  const headers = new Headers({
    "anthropic-ratelimit-input-tokens-limit": "80000",
    "anthropic-ratelimit-input-tokens-remaining": "79000",
    "anthropic-ratelimit-input-tokens-reset": "2026-01-01T00:00:03Z",
  });
  expect(limitHeadersOf(headers, now)).toEqual([{ dimension: "input_tokens", limit: 80_000, remaining: 79_000, resetMs: 3000 }]);
});

test("passes over what it cannot read", () => {
  const headers = new Headers({
    "x-ratelimit-limit-requests": "lots",
    "x-ratelimit-remaining-tokens": "-1",
    "x-ratelimit-reset-tokens": "later",
  });
  expect(limitHeadersOf(headers, now)).toEqual([]);
  const odd = new Headers({ "x-ratelimit-remaining-tokens": "5", "x-ratelimit-reset-tokens": "later" });
  expect(limitHeadersOf(odd, now)).toEqual([{ dimension: "tokens", limit: null, remaining: 5, resetMs: null }]);
});
