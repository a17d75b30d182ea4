import type { Clock } from "../clock/clock.ts";
import type { RateLimits } from "./rate-limits.ts";

/** How many requests at once are tried first where nobody knows how many are borne. */
const firstTry = 8;
/** Signs of one overload come together: after one, further ones are passed over for so many milliseconds. */
const oneOverloadMs = 1000;

/**
 * The most requests at once. Where that is adapted it doubles with each round of answers until the first overload, then grows by one a
 * round, and is halved by each overload ("additive increase, multiplicative decrease").
 */
export class Concurrency {
  readonly #clock: Clock;
  readonly #adaptive: boolean;
  #most: number;
  #strainedAt = Number.NEGATIVE_INFINITY;

  constructor(given: RateLimits["maxConcurrent"], clock: Clock) {
    this.#clock = clock;
    this.#adaptive = given === "adaptive";
    this.#most = given === "adaptive" ? firstTry : (given ?? Number.POSITIVE_INFINITY);
  }

  /** The most at this moment; infinite where there is no limit. */
  get most(): number {
    return Math.floor(this.#most);
  }

  /** Notes an answer while so many requests, the answered one included, were on their way. */
  answered(running: number): void {
    // What was not used up says nothing of what would be borne.
    if (!this.#adaptive || running < this.most) return;
    const strained = this.#strainedAt > Number.NEGATIVE_INFINITY;
    this.#most += strained ? 1 / this.#most : 1;
  }

  /** Notes an overload. */
  strained(): void {
    const now = this.#clock.monotonic();
    if (!this.#adaptive || now - this.#strainedAt < oneOverloadMs) return;
    this.#strainedAt = now;
    this.#most = Math.max(1, this.#most / 2);
  }
}
