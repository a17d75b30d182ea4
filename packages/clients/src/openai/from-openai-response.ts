import { z } from "zod";
import { CallIds } from "../wire/call-ids.ts";
import { jsonAsIs } from "../wire/read-json.ts";
import { UnreadableAnswerError, type WireAnswer } from "../wire/transport.ts";
import type { FinishReason } from "../contract/chat-response.ts";
import type { JsonObject } from "../contract/json.ts";
import type { AssistantPart } from "../contract/message-part.ts";
import { toolCallFromText } from "../contract/tool-call-arguments.ts";
import { type Usage, usageOf } from "../contract/usage.ts";

const count = z.number().nullish();

const usageSchema = z.object({
  prompt_tokens: z.number(),
  completion_tokens: z.number().nullish(),
  total_tokens: count,
  prompt_tokens_details: z.object({ cached_tokens: count, audio_tokens: count }).nullish(),
  completion_tokens_details: z
    .object({ reasoning_tokens: count, audio_tokens: count, accepted_prediction_tokens: count, rejected_prediction_tokens: count })
    .nullish(),
});

const messageSchema = z.object({
  content: z.union([z.string(), z.array(z.object({ type: z.string(), text: z.string().optional() }))]).nullish(),
  refusal: z.string().nullish(),
  tool_calls: z
    .array(z.object({ id: z.string().nullish(), function: z.object({ name: z.string(), arguments: z.string().nullish() }) }))
    .nullish(),
  reasoning: z.string().nullish(),
  reasoning_content: z.string().nullish(),
  reasoning_details: jsonAsIs.nullish(),
});

const responseSchema = z.object({
  id: z.string().nullish(),
  model: z.string().nullish(),
  choices: z.array(z.object({ finish_reason: z.string().nullish(), message: messageSchema })).min(1),
  usage: usageSchema.nullish().catch(null),
});

/**
 * Reads a chat completion. Fields it does not know stay in `raw`. Throws `UnreadableAnswerError`.
 *
 * Source: https://platform.openai.com/docs/api-reference/chat/object
 */
export function fromOpenaiResponse(body: JsonObject): WireAnswer {
  const parsed = responseSchema.safeParse(body);
  if (!parsed.success) throw new UnreadableAnswerError(z.prettifyError(parsed.error));
  const { id, model, choices, usage } = parsed.data;
  const [choice] = choices;
  if (choice === undefined) throw new UnreadableAnswerError("The answer has no choices.");
  const parts = partsOf(choice.message);
  return {
    kind: "answer",
    id: id ?? null,
    model: model ?? null,
    finishReason: finishReasonOf(choice.finish_reason ?? null, parts),
    message: { role: "assistant", parts },
    usage: usage == null ? null : toUsage(usage),
    raw: body,
  };
}

function partsOf(message: z.output<typeof messageSchema>): AssistantPart[] {
  const parts: AssistantPart[] = [];
  const thought = message.reasoning ?? message.reasoning_content ?? "";
  const details = message.reasoning_details ?? undefined;
  if (thought !== "" || details !== undefined) {
    parts.push({ type: "reasoning", text: thought, wire: "openai", ...(details === undefined ? {} : { opaque: details }) });
  }
  const content = message.content ?? "";
  const texts = typeof content === "string" ? [content] : content.map((part) => (part.type === "text" ? (part.text ?? "") : ""));
  for (const text of texts) if (text !== "") parts.push({ type: "text", text });
  if (message.refusal != null && message.refusal !== "") parts.push({ type: "refusal", text: message.refusal });
  const ids = new CallIds();
  (message.tool_calls ?? []).forEach((call) => {
    parts.push(toolCallFromText(ids.next(call.id), call.function.name, call.function.arguments ?? ""));
  });
  return parts;
}

function finishReasonOf(reason: string | null, parts: readonly AssistantPart[]): FinishReason {
  if (reason === "length" || reason === "content_filter") return reason;
  if (parts.some((part) => part.type === "refusal")) return "refusal";
  // A forced tool call ends with "stop".
  return parts.some((part) => part.type === "tool_call") ? "tool_calls" : "stop";
}

function toUsage(usage: z.output<typeof usageSchema>): Usage {
  const { prompt_tokens_details: input, completion_tokens_details: output } = usage;
  return usageOf({
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens ?? 0,
    ...(usage.total_tokens == null ? {} : { totalTokens: usage.total_tokens }),
    cacheReadTokens: input?.cached_tokens ?? 0,
    reasoningTokens: output?.reasoning_tokens ?? 0,
    audioInputTokens: input?.audio_tokens ?? 0,
    audioOutputTokens: output?.audio_tokens ?? 0,
    acceptedPredictionTokens: output?.accepted_prediction_tokens ?? 0,
    rejectedPredictionTokens: output?.rejected_prediction_tokens ?? 0,
  });
}
