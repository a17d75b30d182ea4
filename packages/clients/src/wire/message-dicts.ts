import { z } from "zod";
import { anthropicMessageSchemas } from "../anthropic/anthropic-message-schema.ts";
import { fromAnthropicMessage } from "../anthropic/from-anthropic-message.ts";
import { toAnthropicMessages } from "../anthropic/to-anthropic-messages.ts";
import type { JsonObject } from "../contract/json.ts";
import type { Message } from "../contract/message.ts";
import type { WireName } from "../contract/provider-name.ts";
import { ProviderError } from "../errors/provider-error.ts";
import { fromOpenaiMessages } from "../openai/from-openai-messages.ts";
import { openaiMessageSchema } from "../openai/openai-message-schema.ts";
import { toOpenaiMessages } from "../openai/to-openai-messages.ts";
import { UnsendableRequestError } from "./unsendable-request-error.ts";

const openai = openaiMessageSchema(z.object);
const { message, text } = anthropicMessageSchemas(z.object);
/** Instructions, which the messages wire has apart, as saved conversations have them in front. */
const instructions = z.object({ role: z.literal("system"), content: z.union([z.string(), z.array(text).min(1)]) });
const anthropic = z.discriminatedUnion("role", [instructions, ...message.options]);

/**
 * Writes messages as the plain objects of a wire, as files and other libraries have them; on the messages wire with the instructions in front.
 * Throws `ProviderError` with code `invalid_request` for what the wire cannot say. Law: `messagesFromDicts` gives the messages again, as far as
 * the wire carries them: chat completions have no mark for tool results that are errors, and both leave out reasoning of the other.
 */
export function messagesToDicts(wire: WireName, messages: readonly Message[]): JsonObject[] {
  try {
    if (wire === "openai")
      return toOpenaiMessages(messages, { developer: false, reasoningDetails: true, longestId: Number.POSITIVE_INFINITY }).map(asJson);
    const system = messages.flatMap((message) => (message.role === "system" ? [{ role: "system", content: message.text }] : []));
    return [...system, ...toAnthropicMessages(messages)].map(asJson);
  } catch (cause) {
    if (cause instanceof UnsendableRequestError) throw invalid(wire, cause.message);
    throw cause;
  }
}

/**
 * Reads messages from the plain objects of a wire. Fields that are not known are passed over. Throws `ProviderError` with code
 * `invalid_request` that names the place of what is no message.
 */
export function messagesFromDicts(wire: WireName, dicts: readonly unknown[]): Message[] {
  if (wire === "openai") return fromOpenaiMessages(dicts.map((dict, index) => read(wire, openai, dict, index)));
  return dicts.flatMap((dict, index): Message[] => {
    const given = read(wire, anthropic, dict, index);
    if (given.role !== "system") return fromAnthropicMessage(given);
    const { content } = given;
    return [{ role: "system", text: typeof content === "string" ? content : content.map((block) => block.text).join("\n\n") }];
  });
}

function read<T>(wire: WireName, schema: z.ZodType<T>, dict: unknown, index: number): T {
  const parsed = schema.safeParse(dict);
  if (parsed.success) return parsed.data;
  throw invalid(wire, `messages[${index}] is no message of ${wire}: ${z.prettifyError(parsed.error)}`);
}

function invalid(provider: WireName, message: string): ProviderError {
  return new ProviderError({ code: "invalid_request", message, provider });
}

function asJson(value: object): JsonObject {
  const copy: JsonObject = JSON.parse(JSON.stringify(value));
  return copy;
}
