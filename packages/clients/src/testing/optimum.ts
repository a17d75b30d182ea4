import { defaultSimulatedBurstSeconds, type SimulatedLimits, type SimulatedRecord } from "./simulated-provider-options.ts";

/**
 * Computes the best time in milliseconds in which limits allow requests to be answered, in whatever order: with latencies ℓ falling, request
 * k cannot leave before the first k fit, so `max over k of (max(0, (Σ_{i≤k} x_i − B)/r over all limits) + ℓ_k)`, where x is what a request
 * takes of a limit, r its rate and B what may be spent at once.
 */
export function optimumMs(records: readonly SimulatedRecord[], limits: SimulatedLimits): number {
  const burstMs = (limits.burstSeconds ?? defaultSimulatedBurstSeconds) * 1000;
  const taken = limited(limits).map(([perMinute, unitsOf]) => ({ perMs: perMinute / 60_000, unitsOf, sum: 0 }));
  let best = 0;
  for (const record of records.toSorted((a, b) => b.latencyMs - a.latencyMs)) {
    let leaves = 0;
    for (const each of taken) {
      each.sum += each.unitsOf(record);
      leaves = Math.max(leaves, each.sum / each.perMs - burstMs);
    }
    best = Math.max(best, leaves + record.latencyMs);
  }
  return best;
}

type Limited = readonly [perMinute: number, unitsOf: (record: SimulatedRecord) => number];

function limited(limits: SimulatedLimits): Limited[] {
  const all: readonly (readonly [number | undefined, (record: SimulatedRecord) => number])[] = [
    [limits.requestsPerMinute, () => 1],
    [limits.tokensPerMinute, ({ tokens }) => tokens],
    [limits.inputTokensPerMinute, ({ tokens, outputTokens = 0 }) => tokens - outputTokens],
    [limits.outputTokensPerMinute, ({ outputTokens = 0 }) => outputTokens],
  ];
  return all.flatMap(([perMinute, unitsOf]): Limited[] => (perMinute === undefined ? [] : [[perMinute, unitsOf]]));
}
