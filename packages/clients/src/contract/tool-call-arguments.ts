import type { ToolCallPart } from "./message-part.ts";
import { readModelJson } from "./read-model-json.ts";

/**
 * Makes a tool call from the text a model wrote. Empty text means no arguments; text that is not JSON is mended where that is safe, with the
 * text kept as it was, and else makes a malformed call.
 */
export function toolCallFromText(id: string, name: string, argumentsText: string): ToolCallPart {
  const read = argumentsText.trim() === "" ? { value: {} } : readModelJson(argumentsText);
  if ("value" in read) return { type: "tool_call", id, name, arguments: read.value, argumentsText };
  return { type: "tool_call", id, name, argumentsText, error: `The arguments are not valid JSON: ${read.error}` };
}
