import type { FinishReason, ProviderError, Timings, Usage } from "@minference/clients";
import type { ThreadErrorCode } from "../errors/thread-error.ts";
import type { ChatThread } from "../thread/chat-thread.ts";
import type { Outcome } from "./outcome.ts";

/** Names a stored step of a thread. */
export type StepName = "settings" | "user message" | "answer" | "unfit answer" | "no answer" | "tool calls begun" | "tool results";

interface RunEventBase {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly thread: ChatThread;
  /** The thread's place among those that are run. */
  readonly index: number;
  /** Counts the requests of the thread in this run from 1; 0 before the first. */
  readonly step: number;
}

interface RequestEventBase extends RunEventBase {
  /** Counts how often the request was sent, from 1. */
  readonly attempt: number;
}

/** What happens in a run. Each thread starts with `thread_started` and ends with `thread_finished`. */
export type RunEvent =
  | (RunEventBase & { readonly type: "thread_started" })
  /** Waits for the provider's limits. */
  | (RequestEventBase & { readonly type: "request_queued"; readonly estimatedTokens: number })
  /** Waits for room in the budget, until what others have in flight is settled. */
  | (RequestEventBase & { readonly type: "request_held" })
  | (RequestEventBase & { readonly type: "request_reserved"; readonly reservedTokens: number })
  | (RequestEventBase & { readonly type: "request_sent"; readonly idempotencyKey: string })
  /** The provider refused for its limits. */
  | (RequestEventBase & { readonly type: "request_refused"; readonly error: ProviderError })
  | (RequestEventBase & { readonly type: "request_retried"; readonly delayMs: number; readonly error: ProviderError })
  | (RequestEventBase & { readonly type: "request_failed"; readonly error: ProviderError })
  | (RequestEventBase & {
      readonly type: "request_answered";
      readonly model: string;
      readonly finishReason: FinishReason;
      readonly usage: Usage;
      readonly timings: Timings;
    })
  /** With `stream`: an attempt begins to answer. What was told of an earlier one is void. */
  | (RequestEventBase & { readonly type: "answer_started" })
  /** With `stream`: a piece of an answer as it is written. `part` orders the parts; what is shown of it is data of unknown origin. */
  | (RunEventBase & { readonly type: "text_delta" | "reasoning_delta" | "refusal_delta"; readonly part: number; readonly text: string })
  /** With `stream`: a piece of the arguments of a call, to be read only when the answer has ended. */
  | (RunEventBase & {
      readonly type: "tool_call_delta";
      readonly part: number;
      readonly toolCallId: string;
      readonly toolName: string;
      readonly argumentsText: string;
    })
  /** With `stream`: the answer is whole. It is not stored yet: `step_stored` tells of that. */
  | (RunEventBase & { readonly type: "answer_ended"; readonly finishReason: FinishReason })
  | (RunEventBase & { readonly type: "tool_started"; readonly toolCallId: string; readonly toolName: string })
  | (RunEventBase & {
      readonly type: "tool_finished";
      readonly toolCallId: string;
      readonly toolName: string;
      /** Null when all went well. */
      readonly errorCode: ThreadErrorCode | null;
      /** Milliseconds. */
      readonly timeTaken: number;
    })
  | (RunEventBase & {
      readonly type: "step_stored";
      readonly stored: StepName;
      /** Null when nothing had changed. */
      readonly commitId: string | null;
      /** The thread's `ecsId` after the step. */
      readonly versionId: string;
    })
  | (RunEventBase & { readonly type: "thread_finished"; readonly outcome: Outcome });

/** An event without what every event carries. */
export type RunEventDetails = RunEvent extends infer E ? (E extends RunEvent ? Omit<E, keyof RunEventBase> : never) : never;
