import { ThreadError } from "../errors/thread-error.ts";
import type { Doubt, OnDoubt } from "../ledger/doubt.ts";
import type { LedgerEntry } from "../ledger/ledger-entry.ts";
import type { ThreadSteps } from "./thread-steps.ts";
import { TurnPaused } from "./turn-paused.ts";
import { untilCalledOff } from "./until-called-off.ts";

/**
 * Applies the policy to what an earlier process began and did not end. Pauses the turn where it is to be asked about; throws `in_doubt`
 * where the thread is to fail.
 */
export async function settleDoubt({ environment, index, thread }: ThreadSteps, entry: LedgerEntry, onDoubt: OnDoubt): Promise<void> {
  if (entry.status !== "in_doubt") return;
  const doubt: Doubt = { thread, index, about: subjectOf(entry) };
  const policy = typeof onDoubt === "function" ? await untilCalledOff(environment.signal, () => onDoubt(doubt)) : onDoubt;
  switch (policy) {
    case "fail":
      throw new ThreadError("in_doubt", `${told(doubt)}: resume the run with onDoubt "retry" to do it once more`);
    case "retry":
      // Stored with what is done next; until then the doubt stays.
      entry.status = entry.begunToolCalls.length > 0 ? "done" : "reserved";
      return;
    case "ask":
    default:
      throw new TurnPaused({ status: "in_doubt", doubt });
  }
}

function subjectOf({ begunToolCalls, request }: LedgerEntry): Doubt["about"] {
  if (begunToolCalls.length > 0) return { kind: "tool_calls", toolCallIds: begunToolCalls };
  if (request === null) throw new Error("an entry in doubt has neither tool calls nor a request");
  const { client, idempotencyKey, model, sentAt } = request;
  return { kind: "request", client, idempotencyKey, model, sentAt };
}

function told({ about }: Doubt): string {
  if (about.kind === "tool_calls") return `the tool calls ${about.toolCallIds.join(", ")} were begun, and nobody knows whether they ended`;
  return `a request was sent to ${about.client} at ${about.sentAt.toISOString()}, and nobody knows whether it was answered`;
}
