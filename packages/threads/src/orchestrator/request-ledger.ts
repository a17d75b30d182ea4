import type { AttemptEvent } from "@minference/clients";
import type { LedgerEntry } from "../ledger/ledger-entry.ts";
import type { ThreadSteps } from "./thread-steps.ts";

/** Whom a request goes to. */
export interface RequestTarget {
  readonly client: string;
  readonly model: string;
}

/**
 * Writes into the ledger what happens to a request before it happens: that it is sent before its first byte leaves, and that it is to
 * be sent again before that. Answers and final failures are written with what they lead to.
 */
export async function noteAttempt(steps: ThreadSteps, entry: LedgerEntry, target: RequestTarget, event: AttemptEvent): Promise<void> {
  switch (event.type) {
    case "sent": {
      const { attempt, at, idempotencyKey } = event;
      const request = { ...target, attempt, idempotencyKey, sentAt: new Date(at), requestId: null, errorCode: null, charged: false };
      await steps.note("sent", { status: "sent", attempts: entry.attempts + 1, request });
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
