import type { Clock } from "../clock/clock.ts";
import { systemClock } from "../clock/clock.ts";
import type { LimitStatus } from "../contract/limit-status.ts";
import { AbortFanOut } from "./abort-fan-out.ts";
import type { LimitHeaders } from "./limit-headers.ts";
import { PoolLimiter } from "./pool-limiter.ts";
import { type Draw, LimiterClosedError, type PoolKey, type RateLimiter, type Reservation } from "./rate-limiter.ts";

/** Keeps limits within this process. Hand one limiter to several clients to make them share what they draw on. */
export class LocalRateLimiter implements RateLimiter {
  readonly #clock: Clock;
  readonly #aborts = new AbortFanOut();
  readonly #pools = new Map<string, PoolLimiter>();
  #closed = false;

  constructor(options: { readonly clock?: Clock | undefined } = {}) {
    this.#clock = options.clock ?? systemClock;
  }

  acquire(pool: PoolKey, draw: Draw): Promise<Reservation> {
    if (this.#closed && draw.front !== true) return Promise.reject(new LimiterClosedError("The limiter was closed: make a new one."));
    return this.#of(pool).acquire(draw);
  }

  learn(pool: PoolKey, headers: LimitHeaders): void {
    if (headers.length > 0) this.#of(pool).learn(headers);
  }

  strained(pool: PoolKey): void {
    this.#of(pool).strained();
  }

  hold(pool: PoolKey, ms: number): void {
    this.#of(pool).hold(ms);
  }

  status(pool?: PoolKey): readonly LimitStatus[] {
    if (pool === undefined) return [...this.#pools.values()].map((each) => each.status());
    const one = this.#pools.get(pool.id);
    return one === undefined ? [] : [one.status()];
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#pools.values()].map((pool) => pool.drained()));
  }

  #of(pool: PoolKey): PoolLimiter {
    let limiter = this.#pools.get(pool.id);
    if (limiter === undefined) {
      limiter = new PoolLimiter(pool, this.#clock, this.#aborts);
      this.#pools.set(pool.id, limiter);
    }
    return limiter;
  }
}
