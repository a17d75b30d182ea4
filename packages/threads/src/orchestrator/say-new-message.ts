import type { Clock } from "@minference/clients";
import type { ChatMessage } from "../message/chat-message.ts";
import type { ChatThread } from "../thread/chat-thread.ts";
import { checkThread } from "./check-thread.ts";
import type { RunEnvironment } from "./run-environment.ts";

/** Moves a thread's new message into its history; gives what takes that back. Throws what `addUserMessage` throws. */
export function sayNewMessage(thread: ChatThread, clock: Clock): () => void {
  const content = thread.newMessage;
  const message = thread.addUserMessage(clock);
  return () => {
    takeOut(thread, message === null ? [] : [message]);
    thread.newMessage = content;
  };
}

/** Takes messages out of a history again. */
export function takeOut({ history }: ChatThread, messages: readonly ChatMessage[]): void {
  for (const message of messages) {
    const index = history.lastIndexOf(message);
    if (index >= 0) history.splice(index, 1);
  }
}

/**
 * Says a thread's new message before its turn, where that is what the turn begins with, so that it is stored together with the run. Gives
 * what takes that back; null for any other thread, which its own turn sees to.
 */
export function sayAhead(thread: ChatThread, environment: RunEnvironment): (() => void) | null {
  if (thread.newMessage === null || thread.pendingToolCalls.length > 0) return null;
  try {
    const { format } = checkThread(thread, environment);
    return format.finished(thread) === null ? sayNewMessage(thread, environment.clock) : null;
  } catch {
    return null;
  }
}
