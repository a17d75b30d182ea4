import { UnsendableRequestError } from "./unsendable-request-error.ts";
import type { ChatRequest } from "../contract/chat-request.ts";
import { toolCallsOf } from "../contract/message-content.ts";

/**
 * Refuses what every provider would refuse, before anything is sent: no messages, tool results that do not answer exactly the calls of
 * the message before them, unknown or unnamed tools, a limit that is no positive whole number. Throws `UnsendableRequestError`.
 */
export function checkConversation(request: ChatRequest): void {
  if (request.model === "") throw new UnsendableRequestError("The request names no model.");
  if (!Number.isInteger(request.maxTokens) || request.maxTokens < 1) {
    throw new UnsendableRequestError(`maxTokens must be a whole number of at least 1; it is ${request.maxTokens}.`);
  }
  if (!request.messages.some((message) => message.role !== "system")) {
    throw new UnsendableRequestError("The request has no message beside instructions: add a user message.");
  }
  checkTools(request);
  checkToolResults(request);
}

function checkTools(request: ChatRequest): void {
  const names = new Set<string>();
  for (const { name } of request.tools ?? []) {
    if (name === "") throw new UnsendableRequestError("A tool has no name.");
    if (names.has(name)) throw new UnsendableRequestError(`Two tools are named ${name}.`);
    names.add(name);
  }
  const choice = request.toolChoice;
  if (choice === undefined || choice === "auto" || choice === "none") return;
  if (names.size === 0) throw new UnsendableRequestError("toolChoice demands a tool, but the request has none.");
  if (typeof choice === "object" && !names.has(choice.name)) {
    throw new UnsendableRequestError(`toolChoice demands the tool ${choice.name}, which the request does not have.`);
  }
}

function checkToolResults(request: ChatRequest): void {
  let open = new Set<string>();
  request.messages.forEach((message, index) => {
    if (message.role === "tool") {
      for (const { toolCallId } of message.results) {
        if (!open.delete(toolCallId)) {
          throw new UnsendableRequestError(`messages[${index}] has a result for ${toolCallId}, which no call before it waits for.`);
        }
      }
      return;
    }
    if (open.size > 0) {
      throw new UnsendableRequestError(`messages[${index}] comes before the results of the tool calls ${[...open].join(", ")}.`);
    }
    if (message.role === "assistant") open = new Set(toolCallsOf(message).map((call) => call.id));
  });
  if (open.size > 0) {
    throw new UnsendableRequestError(`The tool calls ${[...open].join(", ")} have no result: add a tool message.`);
  }
}
