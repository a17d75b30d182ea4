import type { Usage } from "./usage.ts";

/** Sums of tokens. */
export interface TokenTotals {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly totalTokens: number;
}

/** Adds up usages. */
export function sumUsages(usages: Iterable<Usage>): TokenTotals {
  let promptTokens = 0;
  let completionTokens = 0;
  let totalTokens = 0;
  for (const usage of usages) {
    promptTokens += usage.promptTokens;
    completionTokens += usage.completionTokens;
    totalTokens += usage.totalTokens;
  }
  return { promptTokens, completionTokens, totalTokens };
}
