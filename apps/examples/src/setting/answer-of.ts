import type { Outcome } from "@minference/threads";

/** What came of a thread, in words: the answer, or why there is none. */
export function answerOf(outcome: Outcome | undefined): string {
  switch (outcome?.status) {
    case "completed":
      return outcome.answer.content;
    case "failed":
      return `no answer (${outcome.error.code}): ${outcome.error.message}`;
    default:
      return `no answer (${outcome?.status ?? "not run"})`;
  }
}

/** Whether an example went wrong with that: a thread that its budget kept from being sent has done what it was to do. */
export function isFailure(outcome: Outcome | undefined): boolean {
  if (outcome?.status === "failed") return outcome.error.code !== "budget_exceeded";
  return outcome?.status !== "completed";
}
