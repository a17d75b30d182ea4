import fc from "fast-check";
import { expect, test } from "vitest";
import { ManualClock } from "../../test/manual-clock.ts";
import type { LimitDimension } from "../contract/limit-status.ts";
import { LocalRateLimiter } from "./local-rate-limiter.ts";
import type { PoolKey, Reservation } from "./rate-limiter.ts";
import type { RateLimits } from "./rate-limits.ts";

const lie = fc.oneof(fc.constantFrom(0, 1, 9, 1e6, Number.MAX_SAFE_INTEGER), fc.nat(100_000));
const dimension = fc.constantFrom<LimitDimension>("requests", "tokens", "input_tokens", "output_tokens");
const tokens = fc.oneof(fc.nat(3000), fc.constantFrom(-1, 1e12));

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("ask" as const), size: fc.nat(2000), run: fc.constantFrom("a", "b"), front: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("abort" as const), which: fc.nat(30) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("settle" as const), which: fc.nat(30), spent: fc.option(tokens), reported: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(4000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("hold" as const), ms: fc.constantFrom(0, 1, 500, 20_000) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "strain" as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("learn" as const), dimension, limit: fc.option(lie), remaining: fc.option(lie) }) },
);

const pools: readonly { readonly limits: RateLimits; readonly adaptable: boolean }[] = [
  { limits: { requestsPerMinute: 600, tokensPerMinute: 60_000, burstSeconds: 5 }, adaptable: false },
  { limits: { requestsPerMinute: 50, tokensPerMinute: 40_000 }, adaptable: true },
  { limits: { maxConcurrent: "adaptive" }, adaptable: false },
  { limits: { inputTokensPerMinute: 30_000, outputTokensPerMinute: 8000, requestsPerDay: 5000, maxConcurrent: 3 }, adaptable: false },
];

/** How many programs are tried for each kind of pool; set `CHAOS_RUNS=500` for a long run. */
const numRuns = Number(process.env.CHAOS_RUNS ?? 4);

test.each(pools)(
  "law, %o: whatever happens, each request is admitted or ended once, and in the end nothing is queued, running, owed or timed",
  async ({ limits, adaptable }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const clock = new ManualClock();
        const limiter = new LocalRateLimiter({ clock });
        const pool: PoolKey = { id: "p", limits, adaptable };
        const controllers: AbortController[] = [];
        const held: Reservation[] = [];
        let asked = 0;
        let ended = 0;
        for (const each of steps) {
          if (each.kind === "ask") {
            const controller = new AbortController();
            controllers.push(controller);
            asked += 1;
            const draw = { inputTokens: each.size, maxOutputTokens: 200, run: each.run, front: each.front, signal: controller.signal };
            void limiter.acquire(pool, draw).then(
              (reservation) => held.push(reservation),
              () => (ended += 1),
            );
          } else if (each.kind === "abort") controllers[each.which % controllers.length]?.abort();
          else if (each.kind === "settle") {
            const { spent, reported } = each;
            const amount = spent === null ? "all" : { requests: 1, inputTokens: spent, outputTokens: spent, reported };
            held[each.which % held.length]?.settle(amount);
          } else if (each.kind === "wait") await clock.advance(each.ms);
          else if (each.kind === "hold") limiter.hold(pool, each.ms);
          else if (each.kind === "strain") limiter.strained(pool);
          else limiter.learn(pool, [{ dimension: each.dimension, limit: each.limit, remaining: each.remaining, resetMs: null }]);
          for (const { balance, capacity } of limiter.status(pool)[0]?.dimensions ?? []) expect(balance).toBeLessThanOrEqual(capacity);
        }
        // The provider states again what it allows, and all that is admitted ends.
        const generous = 1_000_000;
        limiter.learn(
          pool,
          (["requests", "tokens", "input_tokens", "output_tokens"] as const).map((name) => ({
            dimension: name,
            limit: generous,
            remaining: null,
            resetMs: null,
          })),
        );
        for (let round = 0; round < 60 && held.length + ended < asked; round += 1) {
          for (const reservation of held) reservation.settle("nothing");
          await clock.advance(30_000);
        }
        for (const reservation of held) reservation.settle("nothing");
        expect(held.length + ended).toBe(asked);
        await clock.advance(1000);
        expect(limiter.status(pool).every(({ queued, running }) => queued === 0 && running === 0)).toBe(true);
        await limiter.close();
        await clock.advance(100_000);
        expect(clock.pending).toBe(0);
      }),
      { numRuns, endOnFailure: true },
    );
  },
  600_000,
);
