import type { JsonValue } from "./json.ts";
import type { ToolCallPart } from "./message-part.ts";

/** Makes a tool call from the text a model wrote. Empty text means no arguments; text that is not JSON makes a malformed call. */
export function toolCallFromText(id: string, name: string, argumentsText: string): ToolCallPart {
  if (argumentsText.trim() === "") return { type: "tool_call", id, name, arguments: {}, argumentsText };
  try {
    const value: JsonValue = JSON.parse(argumentsText);
    return { type: "tool_call", id, name, arguments: value, argumentsText };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      type: "tool_call",
      id,
      name,
      argumentsText,
      error: `The arguments are not valid JSON: ${reason}`,
    };
  }
}
