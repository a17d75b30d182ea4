import type { StopCondition } from "../orchestrator/stop-condition.ts";
import { sumUsages } from "../usage/token-totals.ts";
import { checkLimit, type SpendingLimit } from "./account.ts";

/**
 * Stops a thread once it has spent so much in the run, in tokens or in US dollars. It is asked after a step: to stop before more is spent
 * than may be, give the run a `Budget`. Throws `invalid_config` for a limit that is none.
 */
export function budget(limit: SpendingLimit): StopCondition {
  checkLimit("the condition", limit);
  const { tokens = Number.POSITIVE_INFINITY, usd = Number.POSITIVE_INFINITY } = limit;
  return ({ outputs }) => {
    const { costUsd, totalTokens } = sumUsages(outputs.flatMap(({ usage }) => usage ?? []));
    return totalTokens >= tokens || costUsd >= usd;
  };
}
