import fc from "fast-check";
import { expect, test } from "vitest";
import { listPrices } from "./list-prices.ts";
import { costInNanos, highestCostInNanos, type ModelPrice, ratesFor, usdOf } from "./model-price.ts";
import { PriceTable } from "./price-table.ts";

test("list prices say of which day they are and where they stand, and cover every kind of token", () => {
  for (const price of listPrices.prices) {
    expect(price.asOf).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(price.source).toMatch(/^https:\/\//);
    expect(price.cachedInput).toBeLessThanOrEqual(price.input);
    expect(price.cacheWrite).toBeGreaterThanOrEqual(price.input);
    expect(price.output).toBeGreaterThan(price.input);
  }
});

test.each([
  ["openai", "gpt-5-mini", 0.25],
  ["openai", "gpt-5-mini-2025-08-07", 0.25],
  ["anthropic", "claude-sonnet-4-5-20250929", 3],
  ["anthropic", "claude-3-5-haiku-latest", 0.8],
] as const)("%s: %s is found, by the name of a snapshot too", (provider, model, input) => {
  expect(listPrices.priceOf(provider, model)).toMatchObject({ input });
});

test("a model nobody has a price for has none, and one provider's price is not another's", () => {
  expect(listPrices.priceOf("openai", "gpt-5-mini-of-my-own")).toBeNull();
  expect(listPrices.priceOf("openrouter", "gpt-5-mini")).toBeNull();
});

test("prices of one's own count in place of those of the list; a star stands for all other models of a provider", () => {
  const own = listPrices.with([
    { provider: "openai", model: "gpt-5-mini", input: 1, output: 2 },
    { provider: "vllm", model: "*", input: 0, output: 0 },
    { provider: "vllm", model: "large", input: 3, output: 4 },
  ]);
  expect(own.priceOf("openai", "gpt-5-mini")).toMatchObject({
    input: 1,
    cachedInput: 1,
    cacheWrite: 1,
    source: "given by the application",
  });
  expect(own.priceOf("vllm", "anything")).toMatchObject({ output: 0 });
  expect(own.priceOf("vllm", "large")).toMatchObject({ output: 4 });
  expect(listPrices.priceOf("openai", "gpt-5-mini")).toMatchObject({ input: 0.25 });
  expect(() => new PriceTable([]).with([{ provider: "vllm", model: "m", input: -1, output: 0 }])).toThrow("at least 0, not -1");
});

test("cached, written and fresh input and output have their own rates; long input has those of its size for the whole request", () => {
  const price: ModelPrice = {
    provider: "openai",
    model: "m",
    input: 2,
    cachedInput: 0.2,
    cacheWrite: 2.5,
    output: 10,
    longInput: { over: 1000, input: 4, cachedInput: 0.4, cacheWrite: 5, output: 15 },
    asOf: "2026-11-22",
    source: "https://example.com",
  };
  const tokens = { inputTokens: 1000, cacheReadTokens: 500, cacheWriteTokens: 100, outputTokens: 50 };
  expect(usdOf(costInNanos(tokens, ratesFor(price, 1000)))).toBe((400 * 2 + 500 * 0.2 + 100 * 2.5 + 50 * 10) / 1e6);
  const long = { ...tokens, inputTokens: 1001 };
  expect(usdOf(costInNanos(long, ratesFor(price, 1001)))).toBe((401 * 4 + 500 * 0.4 + 100 * 5 + 50 * 15) / 1e6);
});

test("law: no request costs more than the most that was computed for it before", () => {
  const count = fc.nat({ max: 400_000 });
  fc.assert(
    fc.property(fc.constantFrom(...listPrices.prices), count, count, count, count, (price, bound, read, write, output) => {
      const inputTokens = Math.floor(bound * 0.9);
      const cacheReadTokens = Math.min(read, inputTokens);
      const cacheWriteTokens = Math.min(write, inputTokens - cacheReadTokens);
      const cost = costInNanos({ inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens: output }, ratesFor(price, inputTokens));
      expect(cost).toBeLessThanOrEqual(highestCostInNanos(price, bound, output));
      expect(Number.isSafeInteger(cost)).toBe(true);
    }),
  );
});
