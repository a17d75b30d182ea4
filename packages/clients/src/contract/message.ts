import type { AssistantPart, UserPart } from "./message-part.ts";

/** Instructions that hold for the whole conversation. */
export interface SystemMessage {
  readonly role: "system";
  readonly text: string;
}

/** What a person said or showed. */
export interface UserMessage {
  readonly role: "user";
  readonly parts: readonly UserPart[];
}

/** What a model answered: text, tool calls and reasoning in the order it gave them. */
export interface AssistantMessage {
  readonly role: "assistant";
  readonly parts: readonly AssistantPart[];
}

/** The outcome of one tool call. */
export interface ToolResult {
  readonly toolCallId: string;
  readonly content: string;
  readonly isError: boolean;
}

/** The outcomes of all tool calls of the assistant message before it. */
export interface ToolMessage {
  readonly role: "tool";
  readonly results: readonly ToolResult[];
}

/** One message of a conversation, the same for every provider. */
export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage;

/** Makes a system message. */
export function systemMessage(text: string): SystemMessage {
  return { role: "system", text };
}

/** Makes a user message of one text part, or of the given parts. */
export function userMessage(content: string | readonly UserPart[]): UserMessage {
  return {
    role: "user",
    parts: typeof content === "string" ? [{ type: "text", text: content }] : content,
  };
}

/** Makes an assistant message of one text part, or of the given parts. */
export function assistantMessage(content: string | readonly AssistantPart[]): AssistantMessage {
  return {
    role: "assistant",
    parts: typeof content === "string" ? [{ type: "text", text: content }] : content,
  };
}

/** Makes a tool message of the results of one turn. */
export function toolMessage(results: readonly ToolResult[]): ToolMessage {
  return { role: "tool", results };
}
