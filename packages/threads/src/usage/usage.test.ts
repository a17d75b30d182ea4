import { usageOf } from "@minference/clients";
import { EntityError } from "@minference/ecs";
import { expect, test } from "vitest";
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

test("refuses counts that are no counts", () => {
  const counts = { model: "m", promptTokens: 1, completionTokens: 1, totalTokens: 2 };
  for (const wrong of [-1, 1.5, Number.NaN]) expect(() => new Usage({ ...counts, promptTokens: wrong })).toThrow(EntityError);
});

test("sums are those of the parts, and zero of nothing", () => {
  const usage = (promptTokens: number, completionTokens: number): Usage =>
    new Usage({ model: "m", promptTokens, completionTokens, totalTokens: promptTokens + completionTokens });
  expect(sumUsages([usage(1, 2), usage(3, 4)])).toEqual({ promptTokens: 4, completionTokens: 6, totalTokens: 10 });
  expect(sumUsages([])).toEqual({ promptTokens: 0, completionTokens: 0, totalTokens: 0 });
});
