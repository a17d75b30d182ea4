import type { ChatMessage } from "@minference/threads";
import { escapeForTerminal } from "../display/escape.ts";

/** Writes a message for people, a heading and indented lines; what people and models wrote is escaped. */
export function messageText(message: ChatMessage): string {
  const body = [
    ...(message.content === "" ? [] : indented(message.content)),
    ...message.toolCalls.map((call) => `  → ${escapeForTerminal(`${call.name} ${call.argumentsText}`)}`),
  ];
  return [heading(message), ...body].join("\n");
}

/** Writes a message as one short line. */
export function messageLine(message: ChatMessage): string {
  const calls = message.toolCalls.map((call) => `→ ${call.name} ${call.argumentsText}`);
  return `${heading(message)}: ${shortened([message.content, ...calls].filter((part) => part !== "").join(" "))}`;
}

/** Makes one line of at most 100 characters of a text, escaped. */
export function shortened(text: string): string {
  const line = Array.from(text.replace(/\s+/g, " ").trim());
  return escapeForTerminal(line.length > 100 ? `${line.slice(0, 99).join("")}…` : line.join(""));
}

function heading(message: ChatMessage): string {
  if (message.role !== "tool") return message.role;
  return `tool ${escapeForTerminal(message.toolName ?? "")}${message.isError ? " (error)" : ""}`;
}

function indented(text: string): readonly string[] {
  return escapeForTerminal(text, { multiline: true })
    .split("\n")
    .map((line) => `  ${line}`.trimEnd());
}
