import { LocalRateLimiter } from "../src/limits/local-rate-limiter.ts";
import type { Draw, PoolKey, Reservation } from "../src/limits/rate-limiter.ts";
import type { RateLimits } from "../src/limits/rate-limits.ts";
import { ManualClock } from "./manual-clock.ts";

/** A pool of its own. */
export function poolOf(limits: RateLimits, adaptable = false): PoolKey {
  return { id: "test pool", limits, adaptable };
}

/** A limiter on a clock that stands still, and what it admitted. */
export function setUp(limits: RateLimits, adaptable = false) {
  const clock = new ManualClock();
  const limiter = new LocalRateLimiter({ clock });
  const pool = poolOf(limits, adaptable);
  const admitted: string[] = [];
  const failed: unknown[] = [];
  const held: Reservation[] = [];
  const submit = (name: string, draw: Partial<Draw> = {}): void => {
    void limiter.acquire(pool, { inputTokens: 100, maxOutputTokens: 100, ...draw }).then(
      (reservation) => {
        admitted.push(name);
        held.push(reservation);
      },
      (error: unknown) => failed.push(error),
    );
  };
  const balances = (): Record<string, number> =>
    Object.fromEntries((limiter.status(pool)[0]?.dimensions ?? []).map((each) => [each.dimension, each.balance]));
  return { clock, limiter, pool, admitted, failed, held, submit, balances };
}

/** One request and 1 000 tokens a second, ten seconds of it at once. */
export const limits: RateLimits = { requestsPerMinute: 60, tokensPerMinute: 60_000, burstSeconds: 10 };
