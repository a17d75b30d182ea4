import type { ChatRequest } from "../contract/chat-request.ts";
import type { WireName } from "../contract/provider-name.ts";
import type { SimulatedAnswer } from "./simulated-model.ts";
import type { CompleteAnswer } from "./simulated-wire.ts";

/** How many UTF-16 units a token of the simulated models has; close to English, and no real tokenizer's count. */
const unitsPerToken = 3.6;

function tokensOf(text: string): number {
  return Math.ceil(text.length / unitsPerToken);
}

/** Counts a request's input by a rule of its own, so that clients have an estimate to correct. */
function simulatedInputTokens(request: ChatRequest): number {
  let tokens = 8;
  for (const message of request.messages) {
    tokens += 4;
    if (message.role === "system") tokens += tokensOf(message.text);
    else if (message.role === "tool") for (const result of message.results) tokens += 4 + tokensOf(result.content);
    else {
      for (const part of message.parts) {
        if (part.type === "image") tokens += 800;
        else if (part.type === "tool_call") tokens += 6 + tokensOf(part.name) + tokensOf(part.argumentsText);
        else tokens += tokensOf(part.text);
      }
    }
  }
  for (const tool of request.tools ?? []) tokens += 10 + tokensOf(JSON.stringify(tool));
  return tokens;
}

/** Decides what a simulated answer left open; one over the request's limit is cut with `length`, tool calls and all. */
export function completeAnswer(answer: SimulatedAnswer, request: ChatRequest, wire: WireName, id: string): CompleteAnswer {
  const prefix = wire === "openai" ? "sim_call" : "sim_toolu";
  const toolCalls = (answer.toolCalls ?? []).map((call, index) => ({
    id: call.id ?? `${prefix}_${id}_${index}`,
    name: call.name,
    argumentsText: "argumentsText" in call ? call.argumentsText : JSON.stringify(call.arguments),
  }));
  const text = answer.text ?? "";
  const reasoning = answer.reasoning ?? "";
  const counted = toolCalls.reduce((sum, call) => sum + 6 + tokensOf(call.name + call.argumentsText), tokensOf(text) + tokensOf(reasoning));
  const outputTokens = Math.max(1, answer.outputTokens ?? counted);
  const inputTokens = simulatedInputTokens(request);
  const cacheReadTokens = Math.min(answer.cacheReadTokens ?? 0, inputTokens);
  if (outputTokens > request.maxTokens) {
    const kept = text.slice(0, Math.floor((text.length * request.maxTokens) / outputTokens));
    return { text: kept, reasoning, toolCalls: [], finishReason: "length", inputTokens, cacheReadTokens, outputTokens: request.maxTokens };
  }
  const finishReason = answer.finishReason ?? (toolCalls.length > 0 ? "tool_calls" : "stop");
  return { text, reasoning, toolCalls, finishReason, inputTokens, cacheReadTokens, outputTokens };
}
