import { expect, test } from "vitest";
import { completeRetryPolicy, pauseBefore } from "./retry-policy.ts";

test("pauses double up to the longest, each a random part of its span", () => {
  const policy = completeRetryPolicy({ baseDelayMs: 100, maxDelayMs: 1000 });
  expect([1, 2, 3, 4, 5, 60].map((attempt) => pauseBefore(policy, attempt, null, () => 1))).toEqual([100, 200, 400, 800, 1000, 1000]);
  expect(pauseBefore(policy, 3, null, () => 0.25)).toBe(100);
  expect(pauseBefore(policy, 3, null, () => 0)).toBe(0);
});

test("what the provider asks for goes before everything, however long", () => {
  expect(pauseBefore(completeRetryPolicy(), 1, 7_200_000, () => 0.5)).toBe(7_200_000);
  // Asked for no pause, thousands would come back at once.
  expect(pauseBefore(completeRetryPolicy(), 1, 0, () => 0.5)).toBe(250);
});

test.each([{ maxAttempts: 0 }, { maxRefusals: 0 }, { maxAttempts: 1.5 }, { baseDelayMs: -1 }, { maxElapsedMs: Number.NaN }])(
  "refuses %o",
  (policy) => {
    expect(() => completeRetryPolicy(policy)).toThrow(RangeError);
  },
);
