import type { AssistantPart, ChatRequest, ChatResponse, FinishReason, Message, UserPart } from "@minference/clients";

type Part = Readonly<Record<string, unknown>>;

/** The names that the conventions have for why an answer ended. */
const finishReasons: Readonly<Record<FinishReason, string>> = {
  stop: "stop",
  length: "length",
  tool_calls: "tool_call",
  refusal: "refusal",
  content_filter: "content_filter",
};

function partOf(part: UserPart | AssistantPart): Part {
  switch (part.type) {
    case "text":
    case "refusal":
      return { type: "text", content: part.text };
    case "reasoning":
      return { type: "reasoning", content: part.text };
    case "tool_call":
      return { type: "tool_call", id: part.id, name: part.name, arguments: part.error === undefined ? part.arguments : part.argumentsText };
    case "image": {
      const { source } = part;
      if (source.type === "url") return { type: "uri", modality: "image", uri: source.url };
      return { type: "blob", modality: "image", mime_type: source.mediaType, content: Buffer.from(source.data).toString("base64") };
    }
  }
}

function messageOf(message: Exclude<Message, { role: "system" }>): { readonly role: string; readonly parts: readonly Part[] } {
  if (message.role !== "tool") return { role: message.role, parts: message.parts.map(partOf) };
  const parts = message.results.map(({ content, toolCallId }) => ({ type: "tool_call_response", id: toolCallId, response: content }));
  return { role: "tool", parts };
}

/**
 * Writes what was asked as attributes of a span: what was said, what tools there were.
 *
 * Source: https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-spans.md
 */
export function askedContent({ messages, tools }: ChatRequest): Record<string, string> {
  const instructions = messages.flatMap((message) => (message.role === "system" ? [{ type: "text", content: message.text }] : []));
  const said = messages.flatMap((message) => (message.role === "system" ? [] : [messageOf(message)]));
  const definitions = tools?.map(({ description, inputSchema, name }) => ({
    type: "function",
    name,
    description,
    parameters: inputSchema,
  }));
  return {
    "gen_ai.input.messages": JSON.stringify(said),
    ...(instructions.length === 0 ? {} : { "gen_ai.system_instructions": JSON.stringify(instructions) }),
    ...(definitions === undefined ? {} : { "gen_ai.tool.definitions": JSON.stringify(definitions) }),
  };
}

/** Writes what was answered as an attribute of a span. */
export function answeredContent({ finishReason, message }: ChatResponse): Record<string, string> {
  return { "gen_ai.output.messages": JSON.stringify([{ ...messageOf(message), finish_reason: finishReasons[finishReason] }]) };
}
