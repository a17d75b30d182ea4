/** How often and how long a request is tried again. */
export interface RetryPolicy {
  /** The most times a request may fail otherwise than by the provider's limits. Default 6. */
  readonly maxAttempts?: number | undefined;
  /** The most times a request may be refused for the provider's limits, as happens when others draw on the same key. Default 20. */
  readonly maxRefusals?: number | undefined;
  /**
   * The longest time from the first sending until another, in milliseconds. A provider that asks for more is not waited for: the request fails
   * with `rate_limited`, and those that were not sent yet try after this time. Default one day.
   */
  readonly maxElapsedMs?: number | undefined;
  /**
   * The most tokens that failed attempts may cost, as far as can be told: what was reserved for those that may have been computed. Default: no
   * limit.
   */
  readonly maxWastedTokens?: number | undefined;
  /** The longest first pause, in milliseconds; it doubles each time. Default 500. */
  readonly baseDelayMs?: number | undefined;
  /** The longest pause, in milliseconds, where the provider asks for none. Default 30 000. */
  readonly maxDelayMs?: number | undefined;
}

/** A policy with its defaults filled in. */
export type CompleteRetryPolicy = { readonly [K in keyof RetryPolicy]-?: NonNullable<RetryPolicy[K]> };

/** Fills in defaults. Throws `RangeError` for what makes no sense. */
export function completeRetryPolicy(policy: RetryPolicy = {}): CompleteRetryPolicy {
  const complete = {
    maxAttempts: policy.maxAttempts ?? 6,
    maxRefusals: policy.maxRefusals ?? 20,
    maxElapsedMs: policy.maxElapsedMs ?? 86_400_000,
    maxWastedTokens: policy.maxWastedTokens ?? Number.POSITIVE_INFINITY,
    baseDelayMs: policy.baseDelayMs ?? 500,
    maxDelayMs: policy.maxDelayMs ?? 30_000,
  };
  for (const name of ["maxAttempts", "maxRefusals"] as const) {
    if (!Number.isInteger(complete[name]) || complete[name] < 1)
      throw new RangeError(`retry.${name} must be a whole number of at least 1.`);
  }
  for (const [name, value] of Object.entries(complete)) {
    if (!(value >= 0)) throw new RangeError(`retry.${name} must not be negative.`);
  }
  return complete;
}

/**
 * Chooses the pause before another attempt: what the provider asks for, however long, if it asks for any; else a random part of a span that doubles with
 * each failure ("full jitter").
 *
 * Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function pauseBefore(policy: CompleteRetryPolicy, failures: number, retryAfterMs: number | null, random: () => number): number {
  if (retryAfterMs !== null && retryAfterMs > 0) return retryAfterMs;
  return random() * Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (failures - 1));
}
