import { type Clock, systemClock } from "../src/clock/clock.ts";

/** The machine's clock, save that delays of a minute or more are over when the test says so. */
export class ImpatientClock implements Clock {
  readonly #long = new Set<() => void>();

  now(): number {
    return systemClock.now();
  }

  monotonic(): number {
    return systemClock.monotonic();
  }

  after(ms: number, callback: () => void): () => void {
    if (ms < 60_000) return systemClock.after(ms, callback);
    this.#long.add(callback);
    return () => void this.#long.delete(callback);
  }

  /** Ends the long delays that are under way. */
  expire(): void {
    for (const callback of this.#long) {
      this.#long.delete(callback);
      callback();
    }
  }
}
