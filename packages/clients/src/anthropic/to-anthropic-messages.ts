import type Anthropic from "@anthropic-ai/sdk";
import type { AssistantMessage, Message, ToolMessage, UserMessage } from "../contract/message.ts";
import type { AssistantPart, ImagePart } from "../contract/message-part.ts";
import { acceptedId } from "../wire/call-ids.ts";
import { UnsendableRequestError } from "../wire/unsendable-request-error.ts";

/** No length is published; longer ids than these come from no provider. */
const longestId = 64;
const imageTypes = ["image/jpeg", "image/png", "image/gif", "image/webp"] as const;

/**
 * Puts messages on the messages wire, where user and assistant take turns: what follows in one role becomes one message, tool results
 * first. Empty texts, which the provider refuses, are left out. Throws `UnsendableRequestError`.
 */
export function toAnthropicMessages(messages: readonly Message[]): Anthropic.MessageParam[] {
  const turns: { role: "user" | "assistant"; content: Anthropic.ContentBlockParam[] }[] = [];
  messages.forEach((message, index) => {
    if (message.role === "system") return;
    const content = blocksOf(message);
    if (content.length === 0) throw new UnsendableRequestError(`messages[${index}] (${message.role}) is empty.`);
    const role = message.role === "assistant" ? "assistant" : "user";
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...content);
    else turns.push({ role, content });
  });
  return turns.map(({ role, content }) => {
    const [only] = content;
    return { role, content: content.length === 1 && only?.type === "text" ? only.text : content };
  });
}

function blocksOf(message: UserMessage | AssistantMessage | ToolMessage): Anthropic.ContentBlockParam[] {
  switch (message.role) {
    case "tool":
      return message.results.map(({ toolCallId, content, isError }) => ({
        type: "tool_result",
        tool_use_id: acceptedId(toolCallId, longestId),
        ...(content === "" ? {} : { content }),
        ...(isError ? { is_error: true } : {}),
      }));
    case "user":
      return message.parts.flatMap((part): Anthropic.ContentBlockParam[] => (part.type === "image" ? [toImage(part)] : toText(part.text)));
    case "assistant":
      return message.parts.flatMap(toAssistantBlocks);
  }
}

function toText(text: string): Anthropic.TextBlockParam[] {
  return text === "" ? [] : [{ type: "text", text }];
}

function toAssistantBlocks(part: AssistantPart): Anthropic.ContentBlockParam[] {
  switch (part.type) {
    case "text":
    case "refusal":
      return toText(part.text);
    case "tool_call":
      return [{ type: "tool_use", id: acceptedId(part.id, longestId), name: part.name, input: inputOf(part) }];
    case "reasoning":
      if (part.wire !== "anthropic") return [];
      if (typeof part.opaque === "string") return [{ type: "redacted_thinking", data: part.opaque }];
      return part.signature === undefined ? [] : [{ type: "thinking", thinking: part.text, signature: part.signature }];
  }
}

/** The wire takes objects only; what is none goes in one, so that the model sees what it wrote. */
function inputOf(part: Extract<AssistantPart, { type: "tool_call" }>): object {
  const value = part.arguments;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  return { unreadable_arguments: part.argumentsText };
}

function toImage({ source }: ImagePart): Anthropic.ImageBlockParam {
  if (source.type === "url") return { type: "image", source: { type: "url", url: source.url } };
  const mediaType = imageTypes.find((type) => type === source.mediaType);
  if (mediaType === undefined) throw new UnsendableRequestError(`Anthropic takes no images of type ${source.mediaType}.`);
  return { type: "image", source: { type: "base64", media_type: mediaType, data: Buffer.from(source.data).toString("base64") } };
}
