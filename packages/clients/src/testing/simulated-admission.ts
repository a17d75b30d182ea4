import { defaultSimulatedBurstSeconds, type SimulatedLimits } from "./simulated-provider-options.ts";
import type { LimitState } from "./simulated-wire.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Why a request is not admitted now. */
export interface NotNow {
  readonly limit: LimitState;
  /** Infinite where it never can be. */
  readonly retryAfterMs: number;
}

interface Enforced {
  readonly name: LimitState["name"];
  readonly limit: number;
  readonly bucket: TokenBucket;
}

/** Enforces requests and tokens a minute, input and output together or apart. */
export class SimulatedAdmission {
  readonly #enforced: readonly Enforced[];

  constructor(limits: SimulatedLimits | undefined, monotonic: () => number) {
    const burstSeconds = limits?.burstSeconds ?? defaultSimulatedBurstSeconds;
    const all: readonly (readonly [LimitState["name"], number | undefined])[] = [
      ["requests", limits?.requestsPerMinute],
      ["tokens", limits?.tokensPerMinute],
      ["input-tokens", limits?.inputTokensPerMinute],
      ["output-tokens", limits?.outputTokensPerMinute],
    ];
    this.#enforced = all.flatMap(([name, limit]) =>
      limit === undefined ? [] : [{ name, limit, bucket: new TokenBucket(limit, burstSeconds, monotonic) }],
    );
  }

  /** Takes a request and its tokens from all buckets, or nothing from any. */
  admit(inputTokens: number, outputTokens: number): NotNow | null {
    const amounts = { requests: 1, tokens: inputTokens + outputTokens, "input-tokens": inputTokens, "output-tokens": outputTokens };
    let notNow: NotNow | null = null;
    for (const each of this.#enforced) {
      const retryAfterMs = each.bucket.msUntil(amounts[each.name]);
      if (retryAfterMs > (notNow?.retryAfterMs ?? 0)) notNow = { limit: stateOf(each), retryAfterMs };
    }
    if (notNow !== null) return notNow;
    for (const { name, bucket } of this.#enforced) bucket.take(amounts[name]);
    return null;
  }

  /** The state of each limit; none where there are no limits. */
  states(): readonly LimitState[] {
    return this.#enforced.map(stateOf);
  }
}

function stateOf({ name, limit, bucket }: Enforced): LimitState {
  const level = bucket.level();
  return { name, limit, remaining: Math.max(0, Math.floor(level)), resetMs: Math.max(0, (bucket.capacity - level) / bucket.perMs) };
}
