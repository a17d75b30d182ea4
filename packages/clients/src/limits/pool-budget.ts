import type { Clock } from "../clock/clock.ts";
import type { DimensionStatus, LimitDimension } from "../contract/limit-status.ts";
import type { Weights } from "./claim.ts";
import type { LimitHeaders } from "./limit-headers.ts";
import { OversizeError, type PoolKey } from "./rate-limiter.ts";
import type { RateLimits } from "./rate-limits.ts";
import { minutesPerDay, Reservoir } from "./reservoir.ts";

/** What a request draws: how often it is counted and its tokens. */
export interface Amount {
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** The reservoirs of one pool, one for each dimension that is limited. */
export class PoolBudget {
  readonly #pool: PoolKey;
  readonly #clock: Clock;
  readonly #reservoirs = new Map<LimitDimension, Reservoir>();
  /** The limits that were given and no guess: headers may lower them, and raise them again up to what they were. */
  readonly #stated = new Map<LimitDimension, number>();
  /** Reservoirs whose limits nobody stated. */
  readonly #guessed = new Set<Reservoir>();

  constructor(pool: PoolKey, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
    for (const [dimension, perMinute] of dimensionsOf(pool.limits)) {
      const reservoir = this.#add(dimension, perMinute);
      if (pool.adaptable) this.#guessed.add(reservoir);
      else this.#stated.set(dimension, perMinute);
    }
  }

  /** Adds what has accrued everywhere. */
  refill(): void {
    for (const reservoir of this.#reservoirs.values()) reservoir.refill();
  }

  status(): DimensionStatus[] {
    this.refill();
    return [...this.#reservoirs.values()].map((reservoir) => reservoir.status());
  }

  /** Throws `OversizeError` if more is needed than a stated limit allows in its minute or day. */
  refuseOversize(inputTokens: number, maxOutputTokens: number): void {
    if (this.#pool.adaptable) return;
    for (const { dimension, window } of this.#reservoirs.values()) {
      const needed = dimension === "output_tokens" ? 0 : unitsOf(dimension, { requests: 1, inputTokens, outputTokens: maxOutputTokens });
      if (needed > window) throw new OversizeError(this.#pool.id, dimension, needed, window);
    }
  }

  /**
   * What a request takes of each reservoir; never more than its minute's or day's worth, so that none waits for ever, and of a limit that is a
   * guess never more than is saved up, so that the first goes at once and brings back what the provider states.
   */
  weightsOf(inputTokens: number, outputTokens: number): Weights {
    const amount: Amount = { requests: 1, inputTokens, outputTokens };
    const weights = new Map<Reservoir, number>();
    for (const reservoir of this.#reservoirs.values()) {
      const most = this.#guessed.has(reservoir) ? reservoir.capacity : reservoir.window;
      weights.set(reservoir, Math.min(unitsOf(reservoir.dimension, amount), most));
    }
    return weights;
  }

  /** Settles what was reserved with what was drawn: no less than nothing, and no more than a minute's or day's worth, whatever was reported. */
  settle(reserved: Weights, drawn: Amount): void {
    for (const [reservoir, units] of reserved) {
      reservoir.refill();
      reservoir.giveBack(units - Math.min(reservoir.window, Math.max(0, unitsOf(reservoir.dimension, drawn))));
    }
  }

  /**
   * Learns from headers. A balance is only ever lowered, since others may draw on it and answers overtake each other; a limit follows them,
   * though never above one that was given. Limits on input and output apart replace a guess about both together.
   */
  learn(headers: LimitHeaders): void {
    const { adaptable } = this.#pool;
    const apart = adaptable && headers.some(({ dimension, limit }) => dimension === "input_tokens" && limit !== null);
    if (apart) this.#reservoirs.delete("tokens");
    for (const { dimension, limit, remaining } of headers) {
      const reservoir = this.#reservoirs.get(dimension);
      const stated = limit !== null && limit > 0;
      if (reservoir !== undefined) {
        if (stated) this.#guessed.delete(reservoir);
        if (stated) reservoir.setRate(Math.min(limit, this.#stated.get(dimension) ?? limit));
        reservoir.refill();
        if (remaining !== null) reservoir.lowerTo(remaining);
      } else if (adaptable && stated && !(apart && dimension === "tokens")) {
        this.#add(dimension, limit).lowerTo(remaining ?? limit);
      }
    }
  }

  #add(dimension: LimitDimension, perMinute: number): Reservoir {
    const { burstSeconds } = this.#pool.limits;
    const reservoir = new Reservoir({ dimension, perMinute, burstSeconds, clock: this.#clock });
    this.#reservoirs.set(dimension, reservoir);
    return reservoir;
  }
}

/** The largest part of a limit that weights take. */
export function shareOf(weights: Weights): number {
  let share = 0;
  for (const [reservoir, units] of weights) share = Math.max(share, units / reservoir.window);
  return share;
}

function unitsOf(dimension: LimitDimension, { requests, inputTokens, outputTokens }: Amount): number {
  if (dimension === "requests" || dimension === "requests_per_day") return requests;
  if (dimension === "input_tokens") return inputTokens;
  return dimension === "output_tokens" ? outputTokens : inputTokens + outputTokens;
}

function dimensionsOf(limits: RateLimits): (readonly [LimitDimension, number])[] {
  const all: (readonly [LimitDimension, number | undefined])[] = [
    ["requests", limits.requestsPerMinute],
    ["tokens", limits.tokensPerMinute],
    ["input_tokens", limits.inputTokensPerMinute],
    ["output_tokens", limits.outputTokensPerMinute],
    ["requests_per_day", aMinute(limits.requestsPerDay)],
    ["tokens_per_day", aMinute(limits.tokensPerDay)],
  ];
  return all.flatMap(([dimension, perMinute]) => (perMinute === undefined ? [] : [[dimension, perMinute] as const]));
}

function aMinute(aDay: number | undefined): number | undefined {
  return aDay === undefined ? undefined : aDay / minutesPerDay;
}
