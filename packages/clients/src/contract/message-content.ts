import type { AssistantMessage, UserMessage } from "./message.ts";
import type { ToolCallPart } from "./message-part.ts";

/** Joins the text parts of a message, in order; empty if there are none. */
export function textOf(message: AssistantMessage | UserMessage): string {
  let text = "";
  for (const part of message.parts) {
    if (part.type === "text") text += part.text;
  }
  return text;
}

/** Lists the tool calls of a message in order, malformed ones included. */
export function toolCallsOf(message: AssistantMessage): ToolCallPart[] {
  return message.parts.filter((part) => part.type === "tool_call");
}
