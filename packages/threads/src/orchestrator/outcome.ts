import type { ToolCallPart } from "@minference/clients";
import type { ThreadError } from "../errors/thread-error.ts";
import type { Doubt } from "../ledger/doubt.ts";
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

/** Tool calls need a decision: `thread.approve` or `thread.deny`, then run the thread again or resume the run. */
export interface AwaitingApprovalOutcome extends OutcomeBase {
  readonly status: "awaiting_approval";
  /** The calls that wait, in order; those of the same answer that need no approval have run. */
  readonly calls: readonly ToolCallPart[];
}

/** Something was begun earlier and did not end, as far as is known, and the policy is to ask: run the thread or resume the run with another policy to decide. */
export interface InDoubtOutcome extends OutcomeBase {
  readonly status: "in_doubt";
  readonly doubt: Doubt;
}

/** What became of one thread in a run. */
export type Outcome = CompletedOutcome | FailedOutcome | CancelledOutcome | AwaitingApprovalOutcome | InDoubtOutcome;
