import type { ProviderError } from "../errors/provider-error.ts";
import type { ChatResponse } from "./chat-response.ts";

interface AttemptEventBase {
  /** Counts from 1; 0 for an answer that was kept, of which only `done` is told. */
  readonly attempt: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What happens to a request on its way. Each attempt that was told `sent` ends in `done`, `refused` or `failed`; `retried` announces the next. */
export type AttemptEvent =
  | (AttemptEventBase & {
      readonly type: "queued";
      readonly estimatedTokens: number;
    })
  | (AttemptEventBase & {
      readonly type: "reserved";
      readonly reservedTokens: number;
    })
  /** Told before the first byte leaves: the place to write ahead. */
  | (AttemptEventBase & {
      readonly type: "sent";
      readonly idempotencyKey: string;
    })
  /** The provider refused for its limits; nothing was computed. */
  | (AttemptEventBase & {
      readonly type: "refused";
      readonly error: ProviderError;
    })
  | (AttemptEventBase & {
      readonly type: "retried";
      readonly delayMs: number;
      readonly error: ProviderError;
    })
  | (AttemptEventBase & {
      readonly type: "failed";
      readonly error: ProviderError;
      /** Whether the provider may have computed an answer, and may bill it: it broke off, timed out or could not be read. */
      readonly charged: boolean;
    })
  | (AttemptEventBase & {
      readonly type: "done";
      readonly response: ChatResponse;
    });
