import { z } from "zod";
import type { MakeObject } from "../wire/make-object.ts";
import { jsonObjectAsIs } from "../wire/read-json.ts";

const content = <T extends z.ZodType>(block: T) => z.union([z.string().min(1), z.array(block).min(1)]);

/**
 * The parts of a messages request that a conversation is of, field by field. `object` decides what becomes of fields that are not known.
 *
 * Source: https://docs.anthropic.com/en/api/messages
 */
export function anthropicMessageSchemas(object: MakeObject) {
  const cacheControl = object({ type: z.literal("ephemeral"), ttl: z.enum(["5m", "1h"]).optional() }).nullish();
  const text = object({ type: z.literal("text"), text: z.string().min(1), cache_control: cacheControl });
  const image = object({
    type: z.literal("image"),
    source: z.discriminatedUnion("type", [
      object({ type: z.literal("url"), url: z.string().min(1) }),
      object({
        type: z.literal("base64"),
        media_type: z.enum(["image/jpeg", "image/png", "image/gif", "image/webp"]),
        data: z.string(),
      }),
    ]),
    cache_control: cacheControl,
  });
  const toolUse = object({
    type: z.literal("tool_use"),
    id: z.string().regex(/^[a-zA-Z0-9_-]+$/),
    name: z.string().min(1).max(200),
    input: jsonObjectAsIs,
    cache_control: cacheControl,
  });
  const toolResult = object({
    type: z.literal("tool_result"),
    tool_use_id: z.string().regex(/^[a-zA-Z0-9_-]+$/),
    content: z.union([z.string(), z.array(z.discriminatedUnion("type", [text, image]))]).optional(),
    is_error: z.boolean().optional(),
    cache_control: cacheControl,
  });
  const thinking = object({ type: z.literal("thinking"), thinking: z.string(), signature: z.string() });
  const redacted = object({ type: z.literal("redacted_thinking"), data: z.string() });
  const message = z.discriminatedUnion("role", [
    object({ role: z.literal("user"), content: content(z.discriminatedUnion("type", [text, image, toolResult])) }),
    object({ role: z.literal("assistant"), content: content(z.discriminatedUnion("type", [text, toolUse, thinking, redacted])) }),
  ]);
  return { cacheControl, text, message };
}

/** A message that passed the schema. */
export type AnthropicMessageBody = z.output<ReturnType<typeof anthropicMessageSchemas>["message"]>;
