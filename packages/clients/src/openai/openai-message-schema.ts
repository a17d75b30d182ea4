import { z } from "zod";
import { jsonAsIs } from "../wire/read-json.ts";
import type { MakeObject } from "../wire/make-object.ts";

/**
 * A message of chat completions, field by field. `object` decides what becomes of fields that are not known, `prefix` whether LiteLLM's
 * mark of an answer that is begun is.
 *
 * Source: https://platform.openai.com/docs/api-reference/chat/create
 */
export function openaiMessageSchema(object: MakeObject, prefix = false) {
  const text = object({ type: z.literal("text"), text: z.string() });
  const image = object({
    type: z.literal("image_url"),
    image_url: object({ url: z.string().min(1), detail: z.enum(["auto", "low", "high"]).optional() }),
  });
  const textContent = z.union([z.string(), z.array(text).min(1)]);
  const name = z.string().optional();

  const instructions = object({ role: z.enum(["system", "developer"]), content: textContent, name });
  const user = object({
    role: z.literal("user"),
    content: z.union([z.string(), z.array(z.discriminatedUnion("type", [text, image])).min(1)]),
    name,
  });
  const assistant = object({
    role: z.literal("assistant"),
    content: z
      .union([
        z.string(),
        z.array(z.discriminatedUnion("type", [text, object({ type: z.literal("refusal"), refusal: z.string() })])).min(1),
      ])
      .nullish(),
    refusal: z.string().nullish(),
    tool_calls: z
      .array(
        object({
          id: z.string().min(1),
          type: z.literal("function"),
          function: object({ name: z.string().min(1), arguments: z.string() }),
        }),
      )
      .min(1)
      .optional(),
    reasoning_details: jsonAsIs.optional(),
    ...(prefix ? { prefix: z.boolean().optional() } : {}),
    name,
  });
  const tool = object({ role: z.literal("tool"), content: textContent, tool_call_id: z.string().min(1) });
  return z.discriminatedUnion("role", [instructions, user, assistant, tool]);
}

/** A message that passed the schema. */
export type OpenaiMessageBody = z.output<ReturnType<typeof openaiMessageSchema>>;
