import { type AssistantPart, type JsonValue, toolCallFromText } from "@minference/clients";
import * as z from "zod";

/**
 * A part of an assistant message as it is stored. Tool arguments and a provider's own structures are kept as JSON text,
 * so that they go back exactly as they came.
 */
export const messagePart = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text"), text: z.string() }),
  z.object({ type: z.literal("tool_call"), id: z.string(), name: z.string(), argumentsText: z.string() }),
  z.object({
    type: z.literal("reasoning"),
    text: z.string(),
    wire: z.enum(["openai", "anthropic"]),
    signature: z.string().optional(),
    opaqueJson: z.string().optional(),
  }),
  z.object({ type: z.literal("refusal"), text: z.string() }),
]);

/** A part of an assistant message as it is stored. */
export type MessagePart = Readonly<z.output<typeof messagePart>>;

function toStored(part: AssistantPart): MessagePart {
  switch (part.type) {
    case "tool_call":
      return { type: "tool_call", id: part.id, name: part.name, argumentsText: part.argumentsText };
    case "reasoning":
      return {
        type: "reasoning",
        text: part.text,
        wire: part.wire,
        ...(part.signature === undefined ? {} : { signature: part.signature }),
        ...(part.opaque === undefined ? {} : { opaqueJson: JSON.stringify(part.opaque) }),
      };
    case "text":
    case "refusal":
      return { type: part.type, text: part.text };
  }
}

function parseOpaque(text: string): JsonValue {
  const value: JsonValue = JSON.parse(text);
  return value;
}

function fromStored(part: MessagePart): AssistantPart {
  switch (part.type) {
    case "tool_call":
      return toolCallFromText(part.id, part.name, part.argumentsText);
    case "reasoning":
      return {
        type: "reasoning",
        text: part.text,
        wire: part.wire,
        ...(part.signature === undefined ? {} : { signature: part.signature }),
        ...(part.opaqueJson === undefined ? {} : { opaque: parseOpaque(part.opaqueJson) }),
      };
    case "text":
    case "refusal":
      return { type: part.type, text: part.text };
  }
}

/** Gives what to store of an answer's parts: null when `content` alone says the same. */
export function storedParts(parts: readonly AssistantPart[]): readonly MessagePart[] | null {
  const [only] = parts;
  if (parts.length === 0 || (parts.length === 1 && only?.type === "text" && only.text !== "")) return null;
  return parts.map(toStored);
}

/** Gives an answer's parts back from what {@link storedParts} kept. */
export function restoredParts(content: string, parts: readonly MessagePart[] | null): AssistantPart[] {
  if (parts !== null) return parts.map(fromStored);
  return content === "" ? [] : [{ type: "text", text: content }];
}
