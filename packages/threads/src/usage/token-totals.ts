import { nanosOf, usdOf } from "../budget/model-price.ts";
import type { Usage } from "./usage.ts";

/** Sums of tokens, and what they cost. */
export interface TokenTotals {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly totalTokens: number;
  /** US dollars, of the usages whose cost is known. */
  readonly costUsd: number;
}

/** Adds up usages one by one. Costs are added in whole billionths, so that sums are exact. */
export class TokenTally {
  #promptTokens = 0;
  #completionTokens = 0;
  #totalTokens = 0;
  #nanos = 0;
  #answers = 0;
  #withoutCost = 0;

  add({ completionTokens, costUsd, promptTokens, totalTokens }: Usage): void {
    this.#promptTokens += promptTokens;
    this.#completionTokens += completionTokens;
    this.#totalTokens += totalTokens;
    this.#nanos += nanosOf(costUsd ?? 0);
    this.#answers += 1;
    if (costUsd === null) this.#withoutCost += 1;
  }

  get answers(): number {
    return this.#answers;
  }

  /** How many of them have no known cost. */
  get withoutCost(): number {
    return this.#withoutCost;
  }

  get totals(): TokenTotals {
    return {
      promptTokens: this.#promptTokens,
      completionTokens: this.#completionTokens,
      totalTokens: this.#totalTokens,
      costUsd: usdOf(this.#nanos),
    };
  }
}

/** Adds up usages. */
export function sumUsages(usages: Iterable<Usage>): TokenTotals {
  const tally = new TokenTally();
  for (const usage of usages) tally.add(usage);
  return tally.totals;
}
