import type { AttemptEvent } from "./attempt-event.ts";
import type { ChatRequest } from "./chat-request.ts";
import type { ChatResponse } from "./chat-response.ts";
import type { LimitStatus } from "./limit-status.ts";
import type { ProviderName } from "./provider-name.ts";
import type { StreamEvent } from "./stream-event.ts";

/** How one request is to be carried out. */
export interface ChatOptions {
  /** Ends the request at once when aborted, also while it waits. */
  readonly signal?: AbortSignal | undefined;
  /** The instant at which the request ends with `deadline_exceeded`, whatever it is doing. */
  readonly deadline?: Date | undefined;
  /** Names the run the request belongs to; runs on one key are served fairly. */
  readonly run?: string | undefined;
  /** Of the requests of one run that wait, those of a higher priority go first, whatever their length. Default 0. */
  readonly priority?: number | undefined;
  /** Sent with every attempt, so that a server can tell a repetition; made up when absent. */
  readonly idempotencyKey?: string | undefined;
  /**
   * Asks for the answer piece by piece and is told of each. Awaited before the next is read; if it throws, the request ends with that
   * error, and its attempt is told as `failed` with the code `aborted`, for it may be billed. `messageOfStream` adds the events up.
   */
  readonly onStream?: ((event: StreamEvent) => void | Promise<void>) | undefined;
  /** Told of each step. Awaited before the request goes on; if it throws, the request ends with that error. */
  readonly onAttempt?: ((event: AttemptEvent) => void | Promise<void>) | undefined;
}

/** Talks to one provider within its limits. */
export interface ChatClient {
  readonly provider: ProviderName;
  /** Sends a request as soon as the limits allow and resolves with the answer. Rejects with `ProviderError`. */
  chat(request: ChatRequest, options?: ChatOptions): Promise<ChatResponse>;
  /** Tells the limits of each pool that was used so far. */
  status(): readonly LimitStatus[];
  /** Refuses new requests and resolves when those accepted have ended. */
  close(): Promise<void>;
}
