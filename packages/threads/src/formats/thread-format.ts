import type { ToolChoice } from "@minference/clients";
import type { ChatMessage } from "../message/chat-message.ts";
import type { ChatThread } from "../thread/chat-thread.ts";
import type { Tool } from "../tools/tool.ts";

/** The tools a request names. */
interface ToolOffer {
  readonly tools: readonly Tool[];
  readonly choice: ToolChoice;
}

/** The rules of one response format. */
export interface ThreadFormat {
  /** Whether each turn starts with a user message. */
  readonly needsUserMessage: boolean;
  /** Whether an answer without a tool call is an answer. */
  readonly takesText: boolean;
  /** Says why a thread cannot run in this format; null when it can. */
  refusal(thread: ChatThread): string | null;
  /** The tools the model may call. */
  callable(thread: ChatThread): readonly Tool[];
  /** What a request offers; null for no tools at all. */
  offer(thread: ChatThread): ToolOffer | null;
  /** Whether the turn is over with these tool results. */
  endsAfter(results: readonly ChatMessage[]): boolean;
}
