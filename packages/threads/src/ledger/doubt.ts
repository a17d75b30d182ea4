import type { ChatThread } from "../thread/chat-thread.ts";

/** Something that was begun and whose end nobody knows, for the process that began it is gone or was called off. */
export interface Doubt {
  readonly thread: ChatThread;
  /** The thread's place in the run. */
  readonly index: number;
  /** A request that was sent and has no stored answer, or tool calls that must not run twice and were begun. */
  readonly about:
    | { readonly kind: "request"; readonly client: string; readonly model: string; readonly sentAt: Date; readonly idempotencyKey: string }
    | { readonly kind: "tool_calls"; readonly toolCallIds: readonly string[] };
}

/** What may be done about a doubt. */
export const doubtPolicies = ["ask", "retry", "fail"] as const;

/** What is done about a doubt: leave it to be decided, do it once more, or let the thread fail with `in_doubt`. */
export type DoubtPolicy = (typeof doubtPolicies)[number];

/** Decides about each doubt. */
export type OnDoubt = DoubtPolicy | ((doubt: Doubt) => DoubtPolicy | Promise<DoubtPolicy>);
