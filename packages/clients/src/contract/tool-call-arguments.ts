import type { JsonValue } from "./json.ts";
import type { ToolCallPart } from "./message-part.ts";
import { repairJson } from "./repair-json.ts";

/**
 * Makes a tool call from the text a model wrote. Empty text means no arguments; text that is not JSON is mended where that is safe, with the
 * text kept as it was, and else makes a malformed call.
 */
export function toolCallFromText(id: string, name: string, argumentsText: string): ToolCallPart {
  if (argumentsText.trim() === "") return { type: "tool_call", id, name, arguments: {}, argumentsText };
  try {
    return { type: "tool_call", id, name, arguments: parse(argumentsText), argumentsText };
  } catch (error) {
    const mended = mendedArguments(argumentsText);
    if (mended !== undefined) return { type: "tool_call", id, name, arguments: mended, argumentsText };
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

function parse(text: string): JsonValue {
  const value: JsonValue = JSON.parse(text);
  return value;
}

function mendedArguments(text: string): JsonValue | undefined {
  const mended = repairJson(text);
  if (mended === null) return undefined;
  try {
    return parse(mended);
  } catch {
    return undefined;
  }
}
