import type { FinishReason } from "../../contract/chat-response.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { CompleteAnswer } from "../simulated-wire.ts";

/** What the wire calls the reasons an answer ends for. */
export const finishReasons: Readonly<Record<FinishReason, string>> = {
  stop: "stop",
  length: "length",
  tool_calls: "tool_calls",
  refusal: "stop",
  content_filter: "content_filter",
};

/** The usage of an answer in the wire's form. */
export function usageOf(answer: CompleteAnswer): JsonObject {
  return {
    prompt_tokens: answer.inputTokens,
    completion_tokens: answer.outputTokens,
    total_tokens: answer.inputTokens + answer.outputTokens,
    prompt_tokens_details: { cached_tokens: answer.cacheReadTokens, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
  };
}
