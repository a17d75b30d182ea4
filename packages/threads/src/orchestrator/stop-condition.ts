import type { ChatMessage } from "../message/chat-message.ts";
import type { ProcessedOutput } from "../output/processed-output.ts";
import type { ChatThread } from "../thread/chat-thread.ts";

/** How far a thread is, after an answer and the results of its tool calls were stored. */
export interface ThreadProgress {
  readonly thread: ChatThread;
  /** How many requests the thread made in this run. */
  readonly step: number;
  readonly answer: ChatMessage;
  /** The results of the answer's tool calls, in order. */
  readonly toolResults: readonly ChatMessage[];
  /** What the model gave the thread in this run, in order, this answer included. */
  readonly outputs: readonly ProcessedOutput[];
}

/** Tells after each step whether a thread is where it was to get. */
export type StopCondition = (progress: ThreadProgress) => boolean | Promise<boolean>;

/** Stops once a tool of this name ran well. */
export function toolRan(name: string): StopCondition {
  return ({ toolResults }) => toolResults.some((result) => result.toolName === name && !result.isError);
}

/** Stops after this many requests. */
export function stepsTaken(steps: number): StopCondition {
  return ({ step }) => step >= steps;
}

/** Stops when any of the conditions holds; they are asked in order, until one does. */
export function anyOf(...conditions: readonly StopCondition[]): StopCondition {
  return async (progress) => {
    for (const condition of conditions) {
      if (await condition(progress)) return true;
    }
    return false;
  };
}
