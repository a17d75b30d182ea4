import type { ProviderName, Usage } from "@minference/clients";

/** What tokens cost, in US dollars for a million of them. */
export interface TokenRates {
  /** Input that no cache had. */
  readonly input: number;
  /** Input that was read from the provider's cache. */
  readonly cachedInput: number;
  /** Input that was written into the provider's cache. */
  readonly cacheWrite: number;
  /** Output, reasoning included. */
  readonly output: number;
}

/** What a model costs at a provider. */
export interface ModelPrice extends TokenRates {
  readonly provider: ProviderName;
  /** As requests name it, without the date of a snapshot; `*` for every model of the provider that has no price of its own. */
  readonly model: string;
  /** The rates of a whole request whose input has more tokens than `over`. */
  readonly longInput?: (TokenRates & { readonly over: number }) | undefined;
  /** The day on which the price was looked up, such as `2026-11-22`. */
  readonly asOf: string;
  /** Where it was looked up. */
  readonly source: string;
}

/** The counts of a usage that cost something. */
export type BilledTokens = Pick<Usage, "inputTokens" | "outputTokens" | "cacheReadTokens" | "cacheWriteTokens">;

/** Gives the rates of a price that a request with so much input is billed by. */
export function ratesFor(price: ModelPrice, inputTokens: number): TokenRates {
  const { longInput } = price;
  const { cachedInput, cacheWrite, input, output } = longInput !== undefined && inputTokens > longInput.over ? longInput : price;
  return { input, cachedInput, cacheWrite, output };
}

/**
 * Computes what tokens cost, in whole billionths of a US dollar, rounded up; sums of them are exact up to nine million dollars. The same tokens
 * and rates always give the same.
 */
export function costInNanos(tokens: BilledTokens, rates: TokenRates): number {
  const { cacheReadTokens, cacheWriteTokens, inputTokens, outputTokens } = tokens;
  const fresh = Math.max(0, inputTokens - cacheReadTokens - cacheWriteTokens);
  const perMillion =
    fresh * rates.input + cacheReadTokens * rates.cachedInput + cacheWriteTokens * rates.cacheWrite + outputTokens * rates.output;
  // A sum of products of decimal fractions is off by less than this; rounding up must not make a billionth of it.
  return Math.ceil(perMillion * 1000 - 1e-6);
}

/** The most that a request can cost, in billionths of a US dollar, whatever part of its input a cache has or takes. */
export function highestCostInNanos(price: ModelPrice, inputTokens: number, outputTokens: number): number {
  const rates = ratesFor(price, inputTokens);
  const input = Math.max(rates.input, rates.cachedInput, rates.cacheWrite);
  return costInNanos({ inputTokens, outputTokens, cacheReadTokens: 0, cacheWriteTokens: 0 }, { ...rates, input });
}

/** Turns US dollars into billionths. */
export function nanosOf(usd: number): number {
  return Math.round(usd * 1e9);
}

/** Turns billionths into US dollars. */
export function usdOf(nanos: number): number {
  return nanos / 1e9;
}
