import type { JsonObject } from "../../contract/json.ts";
import type { CompleteAnswer } from "../simulated-wire.ts";
import { inPieces } from "../in-pieces.ts";
import { finishReasons, usageOf } from "./openai-answer.ts";

/** Writes an answer as the events of a streamed chat completion. Source: https://platform.openai.com/docs/api-reference/chat-streaming */
export function openaiStream(id: string, model: string, answer: CompleteAnswer, includeUsage: boolean): string[] {
  const head = { id: `sim_chatcmpl_${id}`, object: "chat.completion.chunk", created: 0, model, system_fingerprint: "simulated" };
  const chunk = (delta: JsonObject, reason: string | null = null): string =>
    eventOf({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }], ...(includeUsage ? { usage: null } : {}) });
  const said = answer.finishReason === "refusal" ? "refusal" : "content";
  return [
    chunk({ role: "assistant", content: "", refusal: null }),
    ...inPieces(answer.reasoning).map((text) => chunk({ reasoning_content: text })),
    ...inPieces(answer.text).map((text) => chunk({ [said]: text })),
    ...answer.toolCalls.flatMap(({ id: callId, name, argumentsText }, index) => [
      chunk({ tool_calls: [{ index, id: callId, type: "function", function: { name, arguments: "" } }] }),
      ...inPieces(argumentsText).map((text) => chunk({ tool_calls: [{ index, function: { arguments: text } }] })),
    ]),
    chunk({}, finishReasons[answer.finishReason]),
    ...(includeUsage ? [eventOf({ ...head, choices: [], usage: usageOf(answer) })] : []),
    "data: [DONE]\n\n",
  ];
}

function eventOf(data: JsonObject): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
