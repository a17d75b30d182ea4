import { oneOf } from "../errors/check-options.ts";
import { ThreadError } from "../errors/thread-error.ts";
import { type Doubt, doubtPolicies } from "../ledger/doubt.ts";
import type { LedgerEntry } from "../ledger/ledger-entry.ts";
import type { ChatThread } from "../thread/chat-thread.ts";
import type { ThreadSteps } from "./thread-steps.ts";
import { TurnPaused } from "./turn-paused.ts";
import { untilCalledOff } from "./until-called-off.ts";

/**
 * Applies the policy to what was begun earlier, in this process or another, and did not end. Pauses the turn where it is to be asked about; throws
 * `in_doubt` where the thread is to fail, and `invalid_config` where the policy is none.
 */
export async function settleDoubt({ entry, environment, index, thread }: ThreadSteps): Promise<void> {
  const about = subjectOf(thread, entry);
  if (about === null) return;
  const { onDoubt, signal } = environment;
  const doubt: Doubt = { thread, index, about };
  const policy =
    typeof onDoubt === "function" ? oneOf("what onDoubt gave", await untilCalledOff(signal, () => onDoubt(doubt)), doubtPolicies) : onDoubt;
  // Stored with what is done next; until then the doubt stays.
  if (entry !== null && about.kind === "tool_calls") entry.begunToolCalls = about.toolCallIds;
  switch (policy) {
    case "fail":
      throw new ThreadError("in_doubt", `${told(doubt)}: run it with onDoubt "retry" to do it once more`);
    case "retry":
      if (entry !== null) entry.status = about.kind === "tool_calls" ? "done" : "reserved";
      return;
    case "ask":
      throw new TurnPaused({ status: "in_doubt", doubt });
  }
}

function subjectOf(thread: ChatThread, entry: LedgerEntry | null): Doubt["about"] | null {
  const { begunToolCalls = [], request = null, status = null } = entry ?? {};
  if (status === "in_doubt" && begunToolCalls.length > 0) return { kind: "tool_calls", toolCallIds: begunToolCalls };
  if (status === "in_doubt" && request !== null) {
    const { client, idempotencyKey, model, sentAt } = request;
    return { kind: "request", client, idempotencyKey, model, sentAt };
  }
  // They were begun in another run, or where no ledger is kept.
  const { doubtfulToolCalls } = thread;
  return doubtfulToolCalls.length > 0 ? { kind: "tool_calls", toolCallIds: doubtfulToolCalls } : null;
}

function told({ about }: Doubt): string {
  if (about.kind === "tool_calls") return `the tool calls ${about.toolCallIds.join(", ")} were begun, and nobody knows whether they ended`;
  return `a request was sent to ${about.client} at ${about.sentAt.toISOString()}, and nobody knows whether it was answered`;
}
