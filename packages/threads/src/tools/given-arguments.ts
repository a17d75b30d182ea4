import { type ToolCallPart, withoutAddedNulls } from "@minference/clients";
import type { Tool } from "./tool.ts";

/**
 * Gives a call the arguments its tool's schema knows: what a provider's strict mode has null for, since it may be left out, is left out. Stored
 * messages keep what the model wrote.
 */
export function withGivenArguments(call: ToolCallPart, offered: readonly Tool[]): ToolCallPart {
  const definition = offered.find(({ name }) => name === call.name)?.definition();
  if (call.error !== undefined || definition?.strict !== true) return call;
  return { ...call, arguments: withoutAddedNulls(call.arguments, definition.inputSchema) };
}
