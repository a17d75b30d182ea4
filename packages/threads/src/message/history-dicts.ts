import {
  type JsonObject,
  type Message,
  messagesFromDicts,
  messagesToDicts,
  ProviderError,
  systemClock,
  textOf,
  type WireName,
} from "@minference/clients";
import * as z from "zod";
import { ThreadError } from "../errors/thread-error.ts";
import { requestMessages } from "../thread/request-messages.ts";
import { ChatMessage, type MessagePlace } from "./chat-message.ts";

/**
 * Writes messages as the plain objects of a wire: chat completions (`openai`) or messages (`anthropic`), as conversations are commonly saved. Throws
 * `invalid_thread` for a history that could not be sent.
 */
export function historyToDicts(wire: WireName, history: Iterable<ChatMessage>): JsonObject[] {
  return translated(() => messagesToDicts(wire, requestMessages(history)));
}

/**
 * Reads messages from the plain objects of a wire, for the history of a thread: `thread.history.push(...historyFromDicts(…))`. Law: what
 * {@link historyToDicts} wrote reads the same, as far as the wire says it: which results are errors is said by `anthropic` alone. Throws `invalid_thread`, with the
 * number of the one that can't be read.
 *
 * @param place when and for which thread they are taken to have been written; by default when they are read, and for none
 */
export function historyFromDicts(
  wire: WireName,
  dicts: readonly unknown[],
  place: Partial<Omit<MessagePlace, "parent">> = {},
): ChatMessage[] {
  const { chatThreadId = null, timestamp = new Date(systemClock.now()) } = place;
  const history: ChatMessage[] = [];
  const add = (make: (at: MessagePlace) => ChatMessage, parent: ChatMessage | null = history.at(-1) ?? null): void => {
    history.push(make({ timestamp, chatThreadId, parent }));
  };
  for (const message of translated(() => messagesFromDicts(wire, dicts))) {
    if (message.role === "system") add((at) => ChatMessage.system(message.text, at));
    else if (message.role === "user") add((at) => ChatMessage.user(userText(message), at));
    else if (message.role === "assistant") add((at) => ChatMessage.answer(message, null, at));
    else {
      const answer = history.findLast(({ role }) => role === "assistant") ?? null;
      for (const result of message.results) {
        const call = answer?.toolCalls.find(({ id }) => id === result.toolCallId);
        const source = {
          toolCallId: result.toolCallId,
          toolName: call?.name ?? null,
          toolCall: z.json().safeParse(call?.arguments).data ?? null,
          toolUuid: null,
          toolType: null,
        };
        add((at) => ChatMessage.toolResult(source, result, at), answer);
      }
    }
  }
  return history;
}

function userText(message: Extract<Message, { role: "user" }>): string {
  if (message.parts.some(({ type }) => type !== "text"))
    throw new ThreadError("invalid_thread", "a message of a thread is text: images can't be read into a history");
  return textOf({ role: "assistant", parts: message.parts.filter((part) => part.type === "text") });
}

function translated<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw ProviderError.is(cause) ? new ThreadError("invalid_thread", cause.message, { cause }) : cause;
  }
}
