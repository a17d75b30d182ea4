import * as z from "zod";
import { ChatMessage, type MessagePlace } from "../message/chat-message.ts";
import { StructuredTool } from "../tools/structured-tool.ts";
import type { ToolCallOutcome } from "../tools/tool-call-outcome.ts";

const json = z.json();

/** Writes the outcome of a tool call as a message. */
export function toolResultMessage(outcome: ToolCallOutcome, place: MessagePlace): ChatMessage {
  const { call, content, errorCode, tool } = outcome;
  const toolType = tool instanceof StructuredTool ? "Structured" : "Callable";
  return ChatMessage.toolResult(
    {
      toolCallId: call.id,
      toolName: call.name,
      // JSON text can hold numbers too large for JavaScript, which are no JSON again
      toolCall: json.safeParse(call.arguments).data ?? null,
      toolUuid: tool?.ecsId ?? null,
      toolType: tool === null ? null : toolType,
    },
    { content, isError: errorCode !== null },
    place,
  );
}
