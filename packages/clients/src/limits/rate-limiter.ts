import type { LimitStatus } from "../contract/limit-status.ts";
import type { AbortListener } from "./abort-fan-out.ts";
import type { LimitHeaders } from "./limit-headers.ts";
import type { RateLimits } from "./rate-limits.ts";

/** Names the budget a request draws on, and what is known of it. */
export interface PoolKey {
  /** Unique for a provider, base URL, key and group of models; holds no key. */
  readonly id: string;
  readonly limits: RateLimits;
  /** Whether the limits are a guess that a provider's headers may raise; headers may always lower them. */
  readonly adaptable: boolean;
}

/** Tells when a request is not wanted any longer, with less than an `AbortSignal` costs. */
export interface Cancellation {
  /** Why it is not wanted; undefined while it is. */
  readonly cancelled: unknown;
  /** Tells the listener once, with the reason. One listener at a time. */
  listen(listener: AbortListener): void;
  /** Calls that off. */
  unlisten(listener: AbortListener): void;
}

/** What a request will draw on its pool. */
export interface Draw {
  readonly inputTokens: number;
  readonly maxOutputTokens: number;
  /** The run that asks; waiting runs take turns. */
  readonly run?: string | undefined;
  /** Of the requests of a run, those of a higher priority go first. Default 0. */
  readonly priority?: number | undefined;
  /** A request that was refused or failed goes back in front of those that were never sent. */
  readonly front?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** In place of a signal. */
  readonly cancellation?: Cancellation | undefined;
}

/** What a request did draw, as far as anyone knows. */
export interface Spent {
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Whether the provider reported these numbers, so that estimates can learn from them. */
  readonly reported: boolean;
}

/** Leave to send one request. */
export interface Reservation {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Gives back what was not drawn, or charges what was drawn beyond it. Only the first call counts. */
  settle(spent: Spent | "all" | "nothing"): void;
}

/** Admits requests to pools within their limits. */
export interface RateLimiter {
  /**
   * Resolves when the request may be sent. Every reservation has to be settled. Rejects with `OversizeError` at once when the
   * request can never fit, with the reason when aborted or cancelled, with `LimiterClosedError` after `close`.
   */
  acquire(pool: PoolKey, draw: Draw): Promise<Reservation>;
  /** Learns from the headers of any answer. */
  learn(pool: PoolKey, headers: LimitHeaders): void;
  /** Notes that the provider was overloaded: fewer requests at once may do better. */
  strained(pool: PoolKey): void;
  /** Sends nothing from the pool for so many milliseconds; longer holds win. */
  hold(pool: PoolKey, ms: number): void;
  status(pool?: PoolKey): readonly LimitStatus[];
  /** Refuses new requests and resolves when all those accepted have been settled. */
  close(): Promise<void>;
}

/** Tells that a request needs more than the limits allow in a minute or day, so that waiting would never help. */
export class OversizeError extends Error {
  override readonly name = "OversizeError";
  readonly needed: number;
  readonly allowed: number;

  constructor(pool: string, dimension: string, needed: number, allowed: number) {
    super(`The request needs up to ${needed} ${dimension} but ${pool} allows ${allowed}: shorten it or lower maxTokens.`);
    this.needed = needed;
    this.allowed = allowed;
  }
}

/** Tells that the limiter was closed before the request was made. */
export class LimiterClosedError extends Error {
  override readonly name = "LimiterClosedError";
}
