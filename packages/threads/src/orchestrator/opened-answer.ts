import type { AssistantMessage } from "@minference/clients";

/** Joins what the request began the answer with and what came back. */
export function openedAnswer(opening: string, message: AssistantMessage): AssistantMessage {
  const index = message.parts.findIndex((part) => part.type === "text");
  const first = message.parts[index];
  if (opening === "" || first?.type !== "text") return message;
  return { ...message, parts: message.parts.with(index, { ...first, text: opening + first.text }) };
}
