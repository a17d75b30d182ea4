import { usageOf } from "@minference/clients";
import { EntityError } from "@minference/ecs";
import { expect, test } from "vitest";
import { listPrices } from "../budget/list-prices.ts";
import { sumUsages } from "./token-totals.ts";
import { Usage } from "./usage.ts";

test("takes the counts of an answer, unreported ones as null", () => {
  const usage = Usage.fromAnswer(
    "m-1",
    usageOf({ inputTokens: 30, outputTokens: 12, cacheReadTokens: 20, reasoningTokens: 5, audioOutputTokens: 2 }),
  );
  expect(usage).toMatchObject({
    model: "m-1",
    promptTokens: 30,
    completionTokens: 12,
    totalTokens: 42,
    cacheReadInputTokens: 20,
    cachedTokens: 20,
    cacheCreationInputTokens: null,
    reasoningTokens: 5,
    audioTokens: 2,
    acceptedPredictionTokens: null,
  });
});

test("keeps what it cost, by which rates and of what day; what was kept from before costs nothing, what has no price is not known", () => {
  const counts = usageOf({ inputTokens: 1_000_000, outputTokens: 100_000, cacheReadTokens: 400_000 });
  const price = listPrices.priceOf("openai", "gpt-5-mini");
  const origin = { chatThreadId: "t", runId: "r", client: "main", price, kept: false, reserved: { tokens: 9, usd: null } };
  expect(Usage.fromAnswer("gpt-5-mini-2025-08-07", counts, origin)).toMatchObject({
    chatThreadId: "t",
    runId: "r",
    client: "main",
    costUsd: 0.6 * 0.25 + 0.4 * 0.025 + 0.1 * 2,
    reserved: null,
    rates: { input: 0.25, cachedInput: 0.025, cacheWrite: 0.25, output: 2, asOf: price?.asOf },
  });
  expect(Usage.fromAnswer("gpt-5-mini", counts, { ...origin, kept: true })).toMatchObject({ costUsd: 0 });
  expect(Usage.fromAnswer("gpt-5-mini", counts, { ...origin, price: null })).toMatchObject({ costUsd: null, rates: null });
  expect(Usage.fromAnswer("gpt-5-mini", usageOf({}), origin).reserved).toEqual({ tokens: 9, usd: null });
  expect(Usage.fromAnswer("gpt-5-mini", usageOf({}), { ...origin, kept: true }).reserved).toBeNull();
});

test("refuses counts that are no counts", () => {
  const counts = { model: "m", promptTokens: 1, completionTokens: 1, totalTokens: 2 };
  for (const wrong of [-1, 1.5, Number.NaN]) expect(() => new Usage({ ...counts, promptTokens: wrong })).toThrow(EntityError);
});

test("sums are those of the parts, and zero of nothing", () => {
  const usage = (promptTokens: number, completionTokens: number): Usage =>
    new Usage({ model: "m", promptTokens, completionTokens, totalTokens: promptTokens + completionTokens });
  expect(sumUsages([usage(1, 2), usage(3, 4)])).toEqual({ promptTokens: 4, completionTokens: 6, totalTokens: 10, costUsd: 0 });
  expect(sumUsages([])).toEqual({ promptTokens: 0, completionTokens: 0, totalTokens: 0, costUsd: 0 });
});
