import fc from "fast-check";
import { expect, test } from "vitest";
import { optimumMs } from "./optimum.ts";
import { logNormal, seededRandom } from "./seeded-random.ts";
import { TokenBucket } from "./token-bucket.ts";

const limits = { requestsPerMinute: 60, tokensPerMinute: 6000, burstSeconds: 2 };

test("is the longest latency where the burst covers all", () => {
  expect(
    optimumMs(
      [
        { tokens: 50, latencyMs: 300 },
        { tokens: 50, latencyMs: 900 },
      ],
      limits,
    ),
  ).toBe(900);
});

test("waits for requests or tokens, whichever is scarcer, with the slowest sent first", () => {
  const light = Array.from({ length: 5 }, (_, index) => ({ tokens: 1, latencyMs: 100 * (index + 1) }));
  expect(optimumMs(light, limits)).toBe(3000 + 100);
  const heavy = Array.from({ length: 5 }, () => ({ tokens: 100, latencyMs: 100 }));
  expect(optimumMs(heavy, limits)).toBe(3000 + 100);
  const heavier = Array.from({ length: 5 }, () => ({ tokens: 200, latencyMs: 100 }));
  expect(optimumMs(heavier, limits)).toBe(8000 + 100);
});

test("no order of sending beats it", () => {
  const record = fc.record({ tokens: fc.integer({ min: 1, max: 200 }), latencyMs: fc.integer({ min: 1, max: 3000 }) });
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 8 }), (records) => {
      let now = 0;
      let end = 0;
      const requests = new TokenBucket(limits.requestsPerMinute, limits.burstSeconds, () => now);
      const tokens = new TokenBucket(limits.tokensPerMinute, limits.burstSeconds, () => now);
      for (const each of records) {
        now += Math.max(requests.msUntil(1), tokens.msUntil(each.tokens));
        requests.take(1);
        tokens.take(each.tokens);
        end = Math.max(end, now + each.latencyMs);
      }
      expect(end).toBeGreaterThanOrEqual(optimumMs(records, limits) - 1e-6);
    }),
  );
});

test("draws the same numbers from the same seed, spread as stated", () => {
  const draws = (seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 2001 }, () => logNormal(random, 1200, 0.4));
  };
  expect(draws(1)).toEqual(draws(1));
  expect(draws(1)).not.toEqual(draws(2));
  const sorted = draws(3).sort((a, b) => a - b);
  expect(sorted[1000]).toBeGreaterThan(1100);
  expect(sorted[1000]).toBeLessThan(1300);
  expect((sorted[1683] ?? 0) / (sorted[1000] ?? 1)).toBeCloseTo(Math.exp(0.4), 0);
});
