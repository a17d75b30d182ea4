import { type ChatResponse, textOf, toolCallsOf } from "@minference/clients";
import { ThreadError } from "../errors/thread-error.ts";
import type { ThreadFormat } from "../formats/thread-format.ts";

function refusalText(response: ChatResponse): string {
  const words = response.message.parts.flatMap((part) => (part.type === "refusal" ? [part.text] : []));
  return words.join("") || textOf(response.message);
}

/** Tells why what a model gave is no answer; null when it is one. */
export function answerFailure(response: ChatResponse, format: ThreadFormat): ThreadError | null {
  const { finishReason, message, model, usage } = response;
  switch (finishReason) {
    case "length":
      return new ThreadError("truncated", `${model} was cut off after ${usage.outputTokens} tokens: raise llmConfig.maxTokens`);
    case "refusal":
      return new ThreadError("refused", `${model} declined: ${refusalText(response) || "it gave no reason"}`);
    case "content_filter":
      return new ThreadError("content_filtered", `the provider's content filter stopped ${model}`);
    case "stop":
    case "tool_calls":
      break;
  }
  const ids = toolCallsOf(message).map((call) => call.id);
  if (new Set(ids).size < ids.length) {
    return new ThreadError("invalid_answer", `${model} gave several tool calls one id, so that results could not be told apart`, {
      retryable: true,
    });
  }
  if (ids.length > 0) return null;
  if (!format.takesText) return new ThreadError("missing_tool_call", `${model} did not call the tool it had to`, { retryable: true });
  const empty = textOf(message).trim() === "";
  return empty ? new ThreadError("empty_answer", `${model} answered with nothing`, { retryable: true }) : null;
}
