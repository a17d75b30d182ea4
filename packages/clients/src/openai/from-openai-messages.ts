import type { Message } from "../contract/message.ts";
import type { AssistantPart, UserPart } from "../contract/message-part.ts";
import { toolCallFromText } from "../contract/tool-call-arguments.ts";
import type { OpenaiMessageBody } from "./openai-message-schema.ts";

/** Reads messages of chat completions; results that follow one another are one tool message. */
export function fromOpenaiMessages(wire: readonly OpenaiMessageBody[]): Message[] {
  const messages: Message[] = [];
  for (const message of wire) {
    if (message.role !== "tool") {
      messages.push(toMessage(message));
      continue;
    }
    const result = { toolCallId: message.tool_call_id, content: textOf(message.content), isError: false };
    const last = messages.at(-1);
    if (last?.role === "tool") messages[messages.length - 1] = { role: "tool", results: [...last.results, result] };
    else messages.push({ role: "tool", results: [result] });
  }
  return messages;
}

function textOf(content: string | readonly { readonly text: string }[]): string {
  return typeof content === "string" ? content : content.map((part) => part.text).join("");
}

function toMessage(message: Exclude<OpenaiMessageBody, { role: "tool" }>): Message {
  if (message.role === "user") {
    const parts =
      typeof message.content === "string" ? [{ type: "text" as const, text: message.content }] : message.content.map(toUserPart);
    return { role: "user", parts };
  }
  if (message.role !== "assistant") return { role: "system", text: textOf(message.content) };
  const parts: AssistantPart[] = [];
  if (message.reasoning_details !== undefined)
    parts.push({ type: "reasoning", text: "", wire: "openai", opaque: message.reasoning_details });
  // An answer without parts has an empty text.
  const content = message.content === "" ? [] : (message.content ?? []);
  if (typeof content === "string") parts.push({ type: "text", text: content });
  else for (const part of content) parts.push(part.type === "text" ? part : { type: "refusal", text: part.refusal });
  if (message.refusal != null) parts.push({ type: "refusal", text: message.refusal });
  for (const call of message.tool_calls ?? []) parts.push(toolCallFromText(call.id, call.function.name, call.function.arguments));
  return { role: "assistant", parts };
}

const dataUrl = /^data:([^;,]+);base64,(.*)$/s;

function toUserPart(part: { type: "text"; text: string } | { type: "image_url"; image_url: { url: string } }): UserPart {
  if (part.type === "text") return part;
  const [, mediaType, data] = dataUrl.exec(part.image_url.url) ?? [];
  if (mediaType === undefined || data === undefined) return { type: "image", source: { type: "url", url: part.image_url.url } };
  return { type: "image", source: { type: "bytes", mediaType, data: new Uint8Array(Buffer.from(data, "base64")) } };
}
