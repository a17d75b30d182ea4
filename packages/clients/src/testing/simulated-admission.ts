import { defaultSimulatedBurstSeconds, type SimulatedLimits } from "./simulated-provider-options.ts";
import type { LimitState } from "./simulated-wire.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Why a request is not admitted now. */
export interface NotNow {
  readonly limit: LimitState;
  /** Infinite where it never can be. */
  readonly retryAfterMs: number;
}

/** Enforces requests and tokens a minute. */
export class SimulatedAdmission {
  readonly #limits: SimulatedLimits | undefined;
  readonly #requests: TokenBucket;
  readonly #tokens: TokenBucket;

  constructor(limits: SimulatedLimits | undefined, monotonic: () => number) {
    const burstSeconds = limits?.burstSeconds ?? defaultSimulatedBurstSeconds;
    this.#limits = limits;
    this.#requests = new TokenBucket(limits?.requestsPerMinute ?? 0, burstSeconds, monotonic);
    this.#tokens = new TokenBucket(limits?.tokensPerMinute ?? 0, burstSeconds, monotonic);
  }

  /** Takes a request and its tokens from the buckets, or nothing from either. */
  admit(tokens: number): NotNow | null {
    if (this.#limits === undefined) return null;
    const forRequest = this.#requests.msUntil(1);
    const forTokens = this.#tokens.msUntil(tokens);
    if (forRequest > 0 || forTokens > 0) {
      const [requests, ofTokens] = this.states();
      const limit = forRequest >= forTokens ? requests : ofTokens;
      if (limit !== undefined) return { limit, retryAfterMs: Math.max(forRequest, forTokens) };
    }
    this.#requests.take(1);
    this.#tokens.take(tokens);
    return null;
  }

  /** The state of each limit; none where there are no limits. */
  states(): readonly LimitState[] {
    if (this.#limits === undefined) return [];
    return [
      stateOf("requests", this.#limits.requestsPerMinute, this.#requests),
      stateOf("tokens", this.#limits.tokensPerMinute, this.#tokens),
    ];
  }
}

function stateOf(name: LimitState["name"], limit: number, bucket: TokenBucket): LimitState {
  const level = bucket.level();
  return { name, limit, remaining: Math.max(0, Math.floor(level)), resetMs: Math.max(0, (bucket.capacity - level) / bucket.perMs) };
}
