import { defaultSimulatedBurstSeconds, type SimulatedLimits, type SimulatedRecord } from "./simulated-provider-options.ts";

/**
 * Computes the best time in milliseconds in which limits allow requests to be answered, in whatever order: with latencies ℓ falling, request
 * k cannot leave before the first k fit, so `max over k of (max(0, (k − B_R)/r_R, (Σ_{i≤k} T_i − B_T)/r_T) + ℓ_k)`, where r is a rate and B
 * what may be spent at once.
 */
export function optimumMs(records: readonly SimulatedRecord[], limits: SimulatedLimits): number {
  const burstSeconds = limits.burstSeconds ?? defaultSimulatedBurstSeconds;
  const requestsPerMs = limits.requestsPerMinute / 60_000;
  const tokensPerMs = limits.tokensPerMinute / 60_000;
  const burstRequests = requestsPerMs * burstSeconds * 1000;
  const burstTokens = tokensPerMs * burstSeconds * 1000;
  let tokens = 0;
  let best = 0;
  records
    .toSorted((a, b) => b.latencyMs - a.latencyMs)
    .forEach((record, index) => {
      tokens += record.tokens;
      const leaves = Math.max(0, (index + 1 - burstRequests) / requestsPerMs, (tokens - burstTokens) / tokensPerMs);
      best = Math.max(best, leaves + record.latencyMs);
    });
  return best;
}
