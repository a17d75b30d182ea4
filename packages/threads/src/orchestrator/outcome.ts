import type { ThreadError } from "../errors/thread-error.ts";
import type { ChatMessage } from "../message/chat-message.ts";
import type { ProcessedOutput } from "../output/processed-output.ts";
import type { ChatThread } from "../thread/chat-thread.ts";

interface OutcomeBase {
  /** The thread's place among those that were run. */
  readonly index: number;
  readonly thread: ChatThread;
  /** What the model gave in this run, in order; the one that was no answer, or could not be stored, included. */
  readonly outputs: readonly ProcessedOutput[];
  /** How many times a request of this run was sent, repetitions included. */
  readonly attempts: number;
}

/** The turn came to its end. */
export interface CompletedOutcome extends OutcomeBase {
  readonly status: "completed";
  /** The last answer. */
  readonly answer: ChatMessage;
}

/** The turn could not go on. The thread is as it was last stored. */
export interface FailedOutcome extends OutcomeBase {
  readonly status: "failed";
  readonly error: ThreadError;
}

/** The run was called off. The thread is as it was last stored, and running it again takes it up from there. */
export interface CancelledOutcome extends OutcomeBase {
  readonly status: "cancelled";
  /** The reason of the signal. */
  readonly reason: unknown;
}

/** What became of one thread in a run. */
export type Outcome = CompletedOutcome | FailedOutcome | CancelledOutcome;
