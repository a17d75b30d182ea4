import type { AttemptEvent } from "@minference/clients";
import type { Reservation } from "../budget/reservation.ts";
import type { LedgerEntry } from "../ledger/ledger-entry.ts";
import type { ThreadSteps } from "./thread-steps.ts";

/** Whom a request goes to, and the most that it can take; null where that is not known. */
export interface RequestTarget {
  readonly client: string;
  readonly model: string;
  readonly reserved: Reservation | null;
}

/**
 * Writes into the ledger what happens to a request before it happens: that it is sent before its first byte leaves, and that it is to
 * be sent again before that. Answers and final failures are written with what they lead to.
 */
export async function noteAttempt(steps: ThreadSteps, entry: LedgerEntry, target: RequestTarget, event: AttemptEvent): Promise<void> {
  switch (event.type) {
    case "sent": {
      const { attempt, at, idempotencyKey } = event;
      const { client, model, reserved } = target;
      const request = { client, model, attempt, idempotencyKey, sentAt: new Date(at), requestId: null, errorCode: null, charged: false };
      const unanswered = unansweredBefore(entry);
      await steps.note("sent", { status: "sent", attempts: entry.attempts + 1, request, reserved, unanswered });
      return;
    }
    case "refused":
    case "failed": {
      const { code: errorCode, requestId } = event.error;
      const charged = event.type === "failed" && event.charged;
      if (entry.request !== null) entry.request = { ...entry.request, errorCode, requestId, charged };
      return;
    }
    case "retried":
      await steps.note("to be sent again", { status: "reserved" });
      return;
    case "queued":
    case "reserved":
    case "done":
      return;
  }
}

/** The attempts without an answer, the last one included. */
function unansweredBefore({ lostAttempt, unanswered }: LedgerEntry): LedgerEntry["unanswered"] {
  if (lostAttempt === null || lostAttempt.reserved === null) return unanswered;
  return [...unanswered, { ...lostAttempt, reserved: lostAttempt.reserved }];
}
