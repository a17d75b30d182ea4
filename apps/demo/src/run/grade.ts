import { ProviderError } from "@minference/clients";
import type { Outcome, ThreadError } from "@minference/threads";
import { finalNumber, sameNumber } from "@minference/word-problems";
import type { Conversation } from "./conversation.ts";
import type { ThreadReport } from "./run-report.ts";

/** Holds the answer a conversation ended with against the problem's. */
export function grade({ plan, problem }: Conversation, outcome: Outcome): ThreadReport {
  const { thread } = outcome;
  const report = {
    line: problem.line,
    provider: plan.label,
    id: thread.hasModifications() && thread.history.length === 0 ? null : thread.ecsId,
    expected: problem.answer,
  };
  switch (outcome.status) {
    case "completed": {
      const answered = finalNumber(outcome.answer.content);
      const right = answered !== null && sameNumber(answered, problem.answer);
      return { ...report, result: right ? "right" : "wrong", answered, error: null };
    }
    case "failed":
      return { ...report, result: "failed", answered: null, error: reasonOf(outcome.error) };
    case "in_doubt":
      return { ...report, result: "in doubt", answered: null, error: null };
    case "awaiting_approval":
    case "cancelled":
      return { ...report, result: "cancelled", answered: null, error: null };
  }
}

/** Doubts are told of without the time of each, and with the option of this command. */
function reasonOf(error: ThreadError): { readonly code: string; readonly message: string } {
  const { cause, code, message } = error;
  if (code === "in_doubt")
    return { code, message: "a request was sent, and nobody knows whether it was answered; --on-doubt retry sends it once more" };
  return { code: ProviderError.is(cause) ? cause.code : code, message };
}
