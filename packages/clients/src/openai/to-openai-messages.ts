import type OpenAI from "openai";
import type { AssistantMessage, Message, UserMessage } from "../contract/message.ts";
import type { JsonValue } from "../contract/json.ts";
import { acceptedId } from "../wire/call-ids.ts";
import { toolCallsOf } from "../contract/message-content.ts";

type OpenaiMessage = OpenAI.ChatCompletionMessageParam;

/** An assistant message, with what OpenRouter and LiteLLM take beyond it. */
type OpenaiAssistantMessage = OpenAI.ChatCompletionAssistantMessageParam & { reasoning_details?: JsonValue; prefix?: boolean };

/** How messages are put on the wire. */
export interface OpenaiMessageOptions {
  /** Whether instructions go in a developer message. */
  readonly developer: boolean;
  /** Whether the provider takes its own reasoning back. */
  readonly reasoningDetails: boolean;
  /** Whether the provider is told that the answer goes on from a last message of the assistant's. */
  readonly prefix?: boolean | undefined;
  /** The longest id of a call. */
  readonly longestId: number;
}

/** Puts messages on the chat completions wire: one `tool` message for each result. */
export function toOpenaiMessages(messages: readonly Message[], options: OpenaiMessageOptions): OpenaiMessage[] {
  return messages.flatMap((message, index): OpenaiMessage[] => {
    switch (message.role) {
      case "system":
        return [{ role: options.developer ? "developer" : "system", content: message.text }];
      case "user":
        return [toUser(message)];
      case "assistant":
        return [
          { ...toAssistant(message, options), ...(options.prefix === true && index === messages.length - 1 ? { prefix: true } : {}) },
        ];
      case "tool":
        return message.results.map(({ toolCallId, content }) => ({
          role: "tool",
          tool_call_id: acceptedId(toolCallId, options.longestId),
          content,
        }));
    }
  });
}

function toUser(message: UserMessage): OpenaiMessage {
  const [only, ...others] = message.parts;
  if (only?.type === "text" && others.length === 0) return { role: "user", content: only.text };
  return {
    role: "user",
    content: message.parts.map((part): OpenAI.ChatCompletionContentPart => {
      if (part.type === "text") return { type: "text", text: part.text };
      const { source } = part;
      const url = source.type === "url" ? source.url : `data:${source.mediaType};base64,${Buffer.from(source.data).toString("base64")}`;
      return { type: "image_url", image_url: { url } };
    }),
  };
}

function toAssistant(message: AssistantMessage, options: OpenaiMessageOptions): OpenaiAssistantMessage {
  const texts = message.parts.filter((part) => part.type === "text");
  const refusals = message.parts.filter((part) => part.type === "refusal");
  const calls = toolCallsOf(message);
  const [only] = texts;
  const wire: OpenaiAssistantMessage = { role: "assistant" };
  // Without calls or a refusal the provider takes no null.
  if (only === undefined) wire.content = calls.length > 0 || refusals.length > 0 ? null : "";
  else wire.content = texts.length === 1 ? only.text : texts.map(({ text }) => ({ type: "text", text }));
  if (refusals.length > 0) wire.refusal = refusals.map(({ text }) => text).join("");
  if (calls.length > 0) {
    wire.tool_calls = calls.map(({ id, name, argumentsText }) => ({
      id: acceptedId(id, options.longestId),
      type: "function",
      function: { name, arguments: argumentsText === "" ? "{}" : argumentsText },
    }));
  }
  if (options.reasoningDetails) {
    const details = message.parts.flatMap((part) => (part.type === "reasoning" && part.wire === "openai" ? (part.opaque ?? []) : []));
    if (details.length > 0) wire.reasoning_details = details;
  }
  return wire;
}
