import { z } from "zod";
import type { FinishReason } from "../contract/chat-response.ts";
import type { JsonObject } from "../contract/json.ts";
import type { AssistantPart } from "../contract/message-part.ts";
import { toolCallFromText } from "../contract/tool-call-arguments.ts";
import { type Usage, usageOf } from "../contract/usage.ts";
import { CallIds } from "../wire/call-ids.ts";
import { jsonAsIs } from "../wire/read-json.ts";
import { UnreadableAnswerError, type WireAnswer } from "../wire/transport.ts";

const textBlock = z.object({ type: z.literal("text"), text: z.string() });
const toolUseBlock = z.object({
  type: z.literal("tool_use"),
  id: z.string(),
  name: z.string(),
  input: jsonAsIs,
  partial_json: z.string().optional(),
});
const thinkingBlock = z.object({ type: z.literal("thinking"), thinking: z.string(), signature: z.string().nullish() });
const redactedBlock = z.object({ type: z.literal("redacted_thinking"), data: z.string() });
const knownBlock = z.discriminatedUnion("type", [textBlock, toolUseBlock, thinkingBlock, redactedBlock]);
const knownTypes: ReadonlySet<string> = new Set(["text", "tool_use", "thinking", "redacted_thinking"]);

const usageSchema = z.object({
  input_tokens: z.number(),
  output_tokens: z.number(),
  cache_creation_input_tokens: z.number().nullish(),
  cache_read_input_tokens: z.number().nullish(),
});

const responseSchema = z.object({
  id: z.string().nullish(),
  model: z.string().nullish(),
  content: z.array(z.looseObject({ type: z.string() })),
  stop_reason: z.string().nullish(),
  usage: usageSchema.nullish().catch(null),
});

const finishReasons: Readonly<Record<string, FinishReason>> = {
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  refusal: "refusal",
};

/**
 * Reads a message of the messages wire. Blocks and fields it does not know stay in `raw`. Throws `UnreadableAnswerError`.
 *
 * Source: https://docs.anthropic.com/en/api/messages
 */
export function fromAnthropicResponse(body: JsonObject): WireAnswer {
  const parsed = responseSchema.safeParse(body);
  if (!parsed.success) throw new UnreadableAnswerError(z.prettifyError(parsed.error));
  const { id, model, content, stop_reason: reason, usage } = parsed.data;
  const ids = new CallIds();
  const parts = content.filter((block) => knownTypes.has(block.type)).map((block) => toPart(block, ids));
  const fallback = parts.some((part) => part.type === "tool_call") ? "tool_calls" : "stop";
  return {
    kind: "answer",
    id: id ?? null,
    model: model ?? null,
    finishReason: (Object.hasOwn(finishReasons, reason ?? "") ? finishReasons[reason ?? ""] : undefined) ?? fallback,
    message: { role: "assistant", parts },
    usage: usage == null ? null : toUsage(usage),
    raw: body,
  };
}

function toPart(raw: unknown, ids: CallIds): AssistantPart {
  const parsed = knownBlock.safeParse(raw);
  if (!parsed.success) throw new UnreadableAnswerError(z.prettifyError(parsed.error));
  const block = parsed.data;
  switch (block.type) {
    case "text":
      return { type: "text", text: block.text };
    case "tool_use": {
      const id = ids.next(block.id);
      // Where the answer was streamed, the input is kept as the model wrote it.
      if (block.partial_json !== undefined) return toolCallFromText(id, block.name, block.partial_json);
      return { type: "tool_call", id, name: block.name, arguments: block.input, argumentsText: JSON.stringify(block.input) };
    }
    case "thinking": {
      const signature = block.signature === "" ? undefined : (block.signature ?? undefined);
      return { type: "reasoning", text: block.thinking, wire: "anthropic", ...(signature === undefined ? {} : { signature }) };
    }
    case "redacted_thinking":
      return { type: "reasoning", text: "", wire: "anthropic", opaque: block.data };
  }
}

/** The provider counts cached input apart; here it is part of the input. */
function toUsage(usage: z.output<typeof usageSchema>): Usage {
  const cacheReadTokens = usage.cache_read_input_tokens ?? 0;
  const cacheWriteTokens = usage.cache_creation_input_tokens ?? 0;
  return usageOf({
    inputTokens: usage.input_tokens + cacheReadTokens + cacheWriteTokens,
    outputTokens: usage.output_tokens,
    cacheReadTokens,
    cacheWriteTokens,
  });
}
