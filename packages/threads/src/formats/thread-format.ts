import type { ChatRequest, ProviderName, ToolChoice } from "@minference/clients";
import type { ChatMessage } from "../message/chat-message.ts";
import type { ChatThread } from "../thread/chat-thread.ts";
import type { Tool } from "../tools/tool.ts";
import type { JsonReading } from "./json-reading.ts";

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
  refusal(thread: ChatThread, provider: ProviderName | null): string | null;
  /** Says that there is nothing left to do; null while there is. */
  finished(thread: ChatThread): string | null;
  /** All tools that the turn may come to run. */
  ahead(thread: ChatThread): readonly Tool[];
  /** The tools the model may call now. */
  callable(thread: ChatThread): readonly Tool[];
  /** What a request offers; null for no tools at all. */
  offer(thread: ChatThread): ToolOffer | null;
  /** What a request begins the answer with, to be put before what comes back; empty for nothing. */
  opening(thread: ChatThread, provider: ProviderName | null, model: string): string;
  /** Adds to a request what else makes the model answer in this form. */
  shape(request: ChatRequest, thread: ChatThread, provider: ProviderName | null): ChatRequest;
  /** Reads the object that the text of an answer is; null where the text is just text. */
  readonly read: ((text: string) => JsonReading) | null;
  /** Takes note of tool results that were added to the thread. */
  moveOn(thread: ChatThread, results: readonly ChatMessage[]): void;
  /** Whether the turn is over with these tool results. */
  endsAfter(results: readonly ChatMessage[], thread: ChatThread): boolean;
}
