import type { FinishReason } from "../../contract/chat-response.ts";
import type { JsonObject } from "../../contract/json.ts";
import { readJson } from "../../wire/read-json.ts";
import type { CompleteAnswer } from "../simulated-wire.ts";

/** What the wire calls the reasons an answer ends for. */
export const stopReasons: Readonly<Record<FinishReason, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  refusal: "refusal",
  content_filter: "refusal",
};

/** The content blocks of an answer in the wire's form. */
export function contentOf(id: string, answer: CompleteAnswer): JsonObject[] {
  return [
    ...(answer.reasoning === "" ? [] : [{ type: "thinking", thinking: answer.reasoning, signature: `sim_${id}` }]),
    ...(answer.text === "" ? [] : [{ type: "text", text: answer.text }]),
    ...answer.toolCalls.map((call) => ({
      type: "tool_use",
      id: call.id,
      name: call.name,
      input: readJson(call.argumentsText) ?? {},
    })),
  ];
}

/** The usage of an answer in the wire's form. */
export function usageOf(answer: CompleteAnswer): JsonObject {
  return {
    input_tokens: answer.inputTokens - answer.cacheReadTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: answer.cacheReadTokens,
    output_tokens: answer.outputTokens,
    service_tier: "standard",
  };
}
