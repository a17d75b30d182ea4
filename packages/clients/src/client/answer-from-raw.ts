import { fromAnthropicResponse } from "../anthropic/from-anthropic-response.ts";
import type { ChatRequest } from "../contract/chat-request.ts";
import type { ChatResponse } from "../contract/chat-response.ts";
import type { JsonObject } from "../contract/json.ts";
import type { ProviderName } from "../contract/provider-name.ts";
import { usageOf } from "../contract/usage.ts";
import { ProviderError } from "../errors/provider-error.ts";
import { fromOpenaiResponse } from "../openai/from-openai-response.ts";
import { openaiQuirks } from "../openai/openai-quirks.ts";
import { AnswerMapping } from "../wire/answer-mapping.ts";
import { UnreadableAnswerError } from "../wire/transport.ts";

/** What can be read again from the raw answer that a response kept. */
export type RawAnswer = Pick<ChatResponse, "finishReason" | "message" | "usage"> & {
  /** Null where the provider did not name it. */
  readonly model: string | null;
};

/**
 * Reads the `raw` of an earlier response again, as it was read then. Give the request where its tools have names or optional arguments that
 * were changed for the provider's sake. Throws `ProviderError` with code `malformed_response` for what is no
 * answer of that provider.
 */
export function answerFromRaw(provider: ProviderName, raw: JsonObject, request?: ChatRequest): RawAnswer {
  try {
    const { model, finishReason, message, usage } = provider === "anthropic" ? fromAnthropicResponse(raw) : fromOpenaiResponse(raw);
    const nulls = provider !== "anthropic" && openaiQuirks[provider].strictMode !== "none";
    const own = request === undefined ? message : new AnswerMapping(request, nulls).ofMessage(message);
    return { model, finishReason, message: own, usage: usage ?? usageOf({}) };
  } catch (cause) {
    if (!(cause instanceof UnreadableAnswerError)) throw cause;
    throw new ProviderError({ code: "malformed_response", message: `This is no answer of ${provider}: ${cause.message}`, provider, cause });
  }
}
