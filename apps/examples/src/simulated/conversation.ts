import { type ChatRequest, textOf } from "@minference/clients";

/** What the user said last. */
export function lastQuestion({ messages }: ChatRequest): string {
  const message = messages.findLast(({ role }) => role === "user");
  return message?.role === "user" ? textOf(message) : "";
}

/** What tools answered since the user spoke last, by name of the tool, in order. */
export function toolResults({ messages }: ChatRequest): readonly { readonly name: string; readonly content: string }[] {
  const since = messages.slice(messages.findLastIndex(({ role }) => role === "user") + 1);
  const names = new Map(
    since.flatMap((message) =>
      message.role === "assistant"
        ? message.parts.flatMap((part) => (part.type === "tool_call" ? [[part.id, part.name] as const] : []))
        : [],
    ),
  );
  return since.flatMap((message) =>
    message.role === "tool" ? message.results.map(({ content, toolCallId }) => ({ name: names.get(toolCallId) ?? "", content })) : [],
  );
}
