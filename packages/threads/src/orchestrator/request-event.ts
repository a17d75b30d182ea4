import type { AttemptEvent } from "@minference/clients";
import type { RunEventDetails } from "./run-event.ts";

/** Tells of a client's attempt in the terms of a run. */
export function requestEvent(event: AttemptEvent): RunEventDetails {
  const { attempt } = event;
  switch (event.type) {
    case "queued":
      return { type: "request_queued", attempt, estimatedTokens: event.estimatedTokens };
    case "reserved":
      return { type: "request_reserved", attempt, reservedTokens: event.reservedTokens };
    case "sent":
      return { type: "request_sent", attempt, idempotencyKey: event.idempotencyKey };
    case "refused":
      return { type: "request_refused", attempt, error: event.error };
    case "retried":
      return { type: "request_retried", attempt, delayMs: event.delayMs, error: event.error };
    case "failed":
      return { type: "request_failed", attempt, error: event.error };
    case "done": {
      const { model, finishReason, usage, timings } = event.response;
      return { type: "request_answered", attempt, model, finishReason, usage, timings };
    }
  }
}
