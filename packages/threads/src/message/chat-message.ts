import { type AssistantMessage, type AssistantPart, type ToolCallPart, textOf } from "@minference/clients";
import { Entity, type JsonValue, ref } from "@minference/ecs";
import * as z from "zod";
import { Usage } from "../usage/usage.ts";
import { messagePart, restoredParts, storedParts } from "./message-parts.ts";

const optionalText = z.string().nullable().default(null);

/** Where a new message stands. */
export interface MessagePlace {
  readonly timestamp: Date;
  /** The thread's `lineageId`; null where it is not known. */
  readonly chatThreadId: string | null;
  /** The message before it, or the one that called for a tool result. */
  readonly parent: ChatMessage | null;
}

/** What a tool result is the result of. */
export interface ToolResultSource {
  readonly toolCallId: string;
  /** Null where it is not known. */
  readonly toolName: string | null;
  /** The arguments, null where they are not JSON. */
  readonly toolCall: JsonValue;
  /** The version of the tool, null where no such tool exists. */
  readonly toolUuid: string | null;
  readonly toolType: "Callable" | "Structured" | null;
}

/** One message of a thread. An assistant's carries all its tool calls; each result is a message of role `tool`. */
export class ChatMessage extends Entity.define("ChatMessage", {
  timestamp: z.date(),
  role: z.enum(["user", "assistant", "tool", "system"]),
  /** The text; of an answer with several text parts, all of them joined. */
  content: z.string(),
  /** The parts of an answer in the order the model gave them; null when `content` is all there is. */
  parts: z.array(messagePart).readonly().nullable().default(null),
  /** Whether it tells the model of a failure: of a tool, or of an answer that did not fit. */
  isError: z.boolean().default(false),
  authorUuid: optionalText,
  /** The `lineageId` of the thread it was written for. */
  chatThreadId: optionalText,
  /** The `ecsId` of the message before it; for a tool result, of the answer that called the tool. */
  parentMessageUuid: optionalText,
  toolName: optionalText,
  /** The `ecsId` of the tool's version that ran; its schema is found there. */
  toolUuid: optionalText,
  toolType: z.enum(["Callable", "Structured"]).nullable().default(null),
  toolCallId: optionalText,
  /** The schema of a tool that is no entity of this store. */
  toolJsonSchema: z.json().nullable().default(null),
  /** The arguments a tool result answers. */
  toolCall: z.json().nullable().default(null),
  usage: ref(() => Usage)
    .nullable()
    .default(null),
}) {
  /** Makes a message with instructions. */
  static system(content: string, place: MessagePlace): ChatMessage {
    return new ChatMessage({ role: "system", content, ...placed(place) });
  }

  /** Makes a user message. */
  static user(content: string, place: MessagePlace): ChatMessage {
    return new ChatMessage({ role: "user", content, ...placed(place) });
  }

  /** Makes the message that tells a model what is wrong with its answer. */
  static complaint(content: string, place: MessagePlace): ChatMessage {
    return new ChatMessage({ role: "user", content, isError: true, ...placed(place) });
  }

  /** Makes a message of a model's answer, every part kept as it came. */
  static answer(answer: AssistantMessage, usage: Usage | null, place: MessagePlace): ChatMessage {
    return new ChatMessage({ role: "assistant", content: textOf(answer), parts: storedParts(answer.parts), usage, ...placed(place) });
  }

  /** Makes the message that tells a model the outcome of one tool call. */
  static toolResult(source: ToolResultSource, result: { content: string; isError: boolean }, place: MessagePlace): ChatMessage {
    return new ChatMessage({ role: "tool", ...result, ...source, ...placed(place) });
  }

  /** The parts of an assistant message as the model gave them; empty for other roles. */
  get answerParts(): AssistantPart[] {
    return this.role === "assistant" ? restoredParts(this.content, this.parts) : [];
  }

  /** The tool calls of an assistant message in order, malformed ones included. */
  get toolCalls(): ToolCallPart[] {
    if (this.parts === null) return [];
    return this.answerParts.filter((part) => part.type === "tool_call");
  }
}

function placed(place: MessagePlace): { timestamp: Date; chatThreadId: string | null; parentMessageUuid: string | null } {
  return { timestamp: place.timestamp, chatThreadId: place.chatThreadId, parentMessageUuid: place.parent?.ecsId ?? null };
}
