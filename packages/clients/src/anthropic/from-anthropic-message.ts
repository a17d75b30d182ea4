import type { Message } from "../contract/message.ts";
import type { AssistantPart, UserPart } from "../contract/message-part.ts";
import type { AnthropicMessageBody } from "./anthropic-message-schema.ts";

/** Reads a message of the messages wire: one for its tool results, and one for what else it says. */
export function fromAnthropicMessage(message: AnthropicMessageBody): Message[] {
  if (message.role === "assistant") {
    const { content } = message;
    const parts = typeof content === "string" ? [{ type: "text" as const, text: content }] : content.map(toAssistantPart);
    return [{ role: "assistant", parts }];
  }
  if (typeof message.content === "string") return [{ role: "user", parts: [{ type: "text", text: message.content }] }];
  const results = message.content.flatMap((block) =>
    block.type === "tool_result"
      ? [{ toolCallId: block.tool_use_id, content: resultText(block.content), isError: block.is_error ?? false }]
      : [],
  );
  const parts = message.content.flatMap((block): UserPart[] => (block.type === "tool_result" ? [] : [toUserPart(block)]));
  return [
    ...(results.length > 0 ? [{ role: "tool" as const, results }] : []),
    ...(parts.length > 0 ? [{ role: "user" as const, parts }] : []),
  ];
}

type Block<R extends AnthropicMessageBody["role"]> = Exclude<Extract<AnthropicMessageBody, { role: R }>["content"], string>[number];

function resultText(content: Extract<Block<"user">, { type: "tool_result" }>["content"]): string {
  if (content === undefined || typeof content === "string") return content ?? "";
  return content.map((block) => (block.type === "text" ? block.text : "")).join("");
}

function toUserPart(block: Exclude<Block<"user">, { type: "tool_result" }>): UserPart {
  if (block.type === "text") return { type: "text", text: block.text };
  if (block.source.type === "url") return { type: "image", source: { type: "url", url: block.source.url } };
  const data = new Uint8Array(Buffer.from(block.source.data, "base64"));
  return { type: "image", source: { type: "bytes", mediaType: block.source.media_type, data } };
}

function toAssistantPart(block: Block<"assistant">): AssistantPart {
  switch (block.type) {
    case "text":
      return { type: "text", text: block.text };
    case "tool_use":
      return { type: "tool_call", id: block.id, name: block.name, arguments: block.input, argumentsText: JSON.stringify(block.input) };
    case "thinking":
      return { type: "reasoning", text: block.thinking, wire: "anthropic", signature: block.signature };
    case "redacted_thinking":
      return { type: "reasoning", text: "", wire: "anthropic", opaque: block.data };
  }
}
