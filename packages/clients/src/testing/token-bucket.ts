/** A token bucket that refills continuously, as a provider keeps it. What is more than it holds, but no more than a minute's, takes all of a full one. */
export class TokenBucket {
  readonly capacity: number;
  readonly perMs: number;
  readonly #perMinute: number;
  readonly #monotonic: () => number;
  #level: number;
  #at: number;

  constructor(perMinute: number, burstSeconds: number, monotonic: () => number) {
    this.#perMinute = perMinute;
    this.perMs = perMinute / 60_000;
    this.capacity = Math.max(1, this.perMs * 1000 * burstSeconds);
    this.#monotonic = monotonic;
    this.#level = this.capacity;
    this.#at = monotonic();
  }

  /** What can be taken now. */
  level(): number {
    const now = this.#monotonic();
    this.#level = Math.min(this.capacity, this.#level + (now - this.#at) * this.perMs);
    this.#at = now;
    return this.#level;
  }

  /** Milliseconds until `amount` can be taken; infinite where it never can. */
  msUntil(amount: number): number {
    if (amount > Math.max(this.#perMinute, this.capacity)) return Number.POSITIVE_INFINITY;
    return Math.max(0, (Math.min(amount, this.capacity) - this.level()) / this.perMs);
  }

  take(amount: number): void {
    this.#level = this.level() - Math.min(amount, this.capacity);
  }
}
