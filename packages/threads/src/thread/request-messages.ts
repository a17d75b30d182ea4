import { type Message, systemMessage, type ToolResult, toolMessage, userMessage } from "@minference/clients";
import { ThreadError } from "../errors/thread-error.ts";
import type { ChatMessage } from "../message/chat-message.ts";

function resultsInOrder(callIds: readonly string[], results: ReadonlyMap<string, ToolResult>): ToolResult[] {
  return callIds.flatMap((id) => results.get(id) ?? []);
}

/**
 * Turns stored messages into those of a request: an answer's parts as they came, all results of one answer in one message
 * in the order of its calls. Throws `invalid_thread` when a tool call has no result or a result no call.
 */
export function requestMessages(history: Iterable<ChatMessage>): Message[] {
  const messages: Message[] = [];
  let calls: readonly string[] = [];
  let results = new Map<string, ToolResult>();
  const closeCalls = (): void => {
    const open = calls.filter((id) => !results.has(id));
    if (open.length > 0)
      throw new ThreadError(
        "invalid_thread",
        `the history has no result for the tool calls ${open.join(", ")}; run them or take the answer out`,
      );
    if (results.size > 0) messages.push(toolMessage(resultsInOrder(calls, results)));
    calls = [];
    results = new Map();
  };
  for (const message of history) {
    if (message.role === "tool") {
      const id = message.toolCallId;
      if (id === null || !calls.includes(id)) {
        throw new ThreadError(
          "invalid_thread",
          `the history has a tool result for ${id ?? "no call"} that the answer before it did not ask for`,
        );
      }
      results.set(id, { toolCallId: id, content: message.content, isError: message.isError });
      continue;
    }
    closeCalls();
    if (message.role === "user") messages.push(userMessage(message.content));
    else if (message.role === "system") messages.push(systemMessage(message.content));
    else {
      messages.push({ role: "assistant", parts: message.answerParts });
      calls = message.toolCalls.map((call) => call.id);
    }
  }
  closeCalls();
  return messages;
}
