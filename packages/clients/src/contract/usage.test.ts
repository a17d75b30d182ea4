import { expect, test } from "vitest";
import { usageOf } from "./usage.ts";

test("what is no count is taken for 0, a fraction for the next whole number", () => {
  const usage = usageOf({
    inputTokens: -5,
    outputTokens: 2.2,
    cacheReadTokens: Number.NaN,
    reasoningTokens: Number.POSITIVE_INFINITY,
    audioInputTokens: 1e300,
  });
  expect(usage).toMatchObject({
    inputTokens: 0,
    outputTokens: 3,
    totalTokens: 3,
    cacheReadTokens: 0,
    reasoningTokens: 0,
    audioInputTokens: 0,
  });
});

test("the total is no less than its parts, and more where the provider counts more", () => {
  expect(usageOf({ inputTokens: 5, outputTokens: 2, totalTokens: 1 }).totalTokens).toBe(7);
  expect(usageOf({ inputTokens: 5, outputTokens: 2, totalTokens: -7 }).totalTokens).toBe(7);
  expect(usageOf({ inputTokens: 5, outputTokens: 2, totalTokens: 12 }).totalTokens).toBe(12);
});
