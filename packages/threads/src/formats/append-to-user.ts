import { type Message, type UserPart, userMessage } from "@minference/clients";

/** Adds text to the end of the last user message. */
export function appendToUser(messages: readonly Message[], text: string): Message[] {
  const index = messages.findLastIndex((message) => message.role === "user");
  const last = messages[index];
  if (last?.role !== "user") return [...messages, userMessage(text.trim())];
  return messages.with(index, userMessage(withText(last.parts, text)));
}

function withText(parts: readonly UserPart[], text: string): UserPart[] {
  const last = parts.at(-1);
  return last?.type === "text" ? [...parts.slice(0, -1), { ...last, text: last.text + text }] : [...parts, { type: "text", text }];
}
