import { toolCallFromText } from "@minference/clients";
import * as z from "zod";
import type { TokenTotals } from "../usage/token-totals.ts";

/** What can be read from an answer as a provider sent it. */
export interface RawAnswer {
  /** Null where there is no text. */
  readonly content: string | null;
  /** The arguments of the first tool call that are JSON, as the model gave them: no schema was asked. */
  readonly jsonObject: { readonly name: string; readonly object: unknown; readonly toolCallId: string } | null;
  readonly usage: TokenTotals | null;
  /** Why it is no complete answer, in the provider's own words; null where it is one. */
  readonly error: string | null;
}

const count = z.number().nullish();

const completion = z.object({
  choices: z.tuple(
    [
      z.object({
        finish_reason: z.string().nullish(),
        message: z.object({
          content: z.string().nullish(),
          refusal: z.string().nullish(),
          tool_calls: z.array(z.object({ id: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) })).nullish(),
        }),
      }),
    ],
    z.unknown(),
  ),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: count, total_tokens: count }).nullish(),
});

const block = z.looseObject({ type: z.string(), text: z.string().optional(), id: z.string().optional(), name: z.string().optional() });

const message = z.object({
  type: z.literal("message"),
  content: z.array(block),
  stop_reason: z.string().nullish(),
  usage: z
    .object({ input_tokens: z.number(), output_tokens: z.number(), cache_creation_input_tokens: count, cache_read_input_tokens: count })
    .nullish(),
});

const failure = z.object({ error: z.object({ message: z.string() }) });

const incomplete: ReadonlySet<string> = new Set(["length", "content_filter", "max_tokens", "refusal", "model_context_window_exceeded"]);

function reasonOf(reason: string | null | undefined): string | null {
  return reason != null && incomplete.has(reason) ? reason : null;
}

function totals(promptTokens: number, completionTokens: number): TokenTotals {
  return { promptTokens, completionTokens, totalTokens: promptTokens + completionTokens };
}

function fromCompletion({ choices: [choice], usage }: z.output<typeof completion>): RawAnswer {
  const { content, refusal, tool_calls: calls } = choice.message;
  const call = (calls ?? [])
    .map((raw) => toolCallFromText(raw.id, raw.function.name, raw.function.arguments))
    .find(({ error }) => error === undefined);
  return {
    content: content == null || content === "" ? null : content,
    jsonObject: call === undefined ? null : { name: call.name, object: call.arguments, toolCallId: call.id },
    usage: usage == null ? null : totals(usage.prompt_tokens, usage.completion_tokens ?? 0),
    error: refusal ?? reasonOf(choice.finish_reason),
  };
}

function fromMessage({ content, stop_reason: reason, usage }: z.output<typeof message>): RawAnswer {
  const text = content.map((part) => (part.type === "text" ? (part.text ?? "") : "")).join("");
  const call = content.find((part) => part.type === "tool_use");
  const input = usage == null ? 0 : usage.input_tokens + (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0);
  return {
    content: text === "" ? null : text,
    jsonObject: call === undefined ? null : { name: call.name ?? "", object: call["input"], toolCallId: call.id ?? "" },
    usage: usage == null ? null : totals(input, usage.output_tokens),
    error: reasonOf(reason),
  };
}

const nothing: RawAnswer = { content: null, jsonObject: null, usage: null, error: null };

/** Reads a stored answer of either wire (chat completions, messages); what is neither says nothing. */
export function readRawAnswer(raw: unknown): RawAnswer {
  const asCompletion = completion.safeParse(raw);
  if (asCompletion.success) return fromCompletion(asCompletion.data);
  const asMessage = message.safeParse(raw);
  if (asMessage.success) return fromMessage(asMessage.data);
  const asFailure = failure.safeParse(raw);
  return asFailure.success ? { ...nothing, error: asFailure.data.error.message } : nothing;
}
