import { z } from "zod";
import { openaiMessageSchema } from "../../openai/openai-message-schema.ts";

const toolDefinition = z.strictObject({
  type: z.literal("function"),
  function: z.strictObject({
    name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
    description: z.string().optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
    strict: z.boolean().nullish(),
  }),
});

const responseFormat = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text") }),
  z.strictObject({ type: z.literal("json_object") }),
  z.strictObject({
    type: z.literal("json_schema"),
    json_schema: z.strictObject({
      name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
      description: z.string().optional(),
      schema: z.record(z.string(), z.unknown()).optional(),
      strict: z.boolean().nullish(),
    }),
  }),
]);

/**
 * What chat completions accepts, field by field; fields it does not know are refused.
 *
 * Source: https://platform.openai.com/docs/api-reference/chat/create
 */
export const openaiRequestSchema = z.strictObject({
  model: z.string().min(1),
  messages: z.array(openaiMessageSchema(z.strictObject)).min(1),
  tools: z.array(toolDefinition).min(1).max(128).optional(),
  tool_choice: z
    .union([
      z.enum(["none", "auto", "required"]),
      z.strictObject({ type: z.literal("function"), function: z.strictObject({ name: z.string() }) }),
    ])
    .optional(),
  parallel_tool_calls: z.boolean().optional(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  n: z.literal(1).nullish(),
  stop: z.union([z.string(), z.array(z.string()).min(1).max(4)]).nullish(),
  seed: z.int().nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  response_format: responseFormat.optional(),
  reasoning_effort: z.enum(["none", "minimal", "low", "medium", "high", "xhigh"]).nullish(),
  reasoning: z.strictObject({ effort: z.enum(["low", "medium", "high"]) }).optional(),
  metadata: z.record(z.string(), z.string()).nullish(),
  user: z.string().optional(),
  safety_identifier: z.string().nullish(),
  store: z.boolean().nullish(),
  service_tier: z.string().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_usage: z.boolean().optional(), include_obfuscation: z.boolean().optional() }).nullish(),
});

/** What LiteLLM's proxy takes beyond it. Source: https://docs.litellm.ai/docs/completion/prefix */
export const litellmRequestSchema = openaiRequestSchema.extend({ messages: z.array(openaiMessageSchema(z.strictObject, true)).min(1) });

/** What vLLM takes beyond it. Source: https://docs.vllm.ai/en/latest/serving/openai_compatible_server/ */
export const vllmRequestSchema = openaiRequestSchema.extend({
  structured_outputs: z.record(z.string(), z.unknown()).optional(),
  guided_json: z.unknown().optional(),
  guided_regex: z.string().optional(),
  guided_choice: z.array(z.string()).optional(),
  guided_grammar: z.string().optional(),
  chat_template: z.string().optional(),
  chat_template_kwargs: z.record(z.string(), z.unknown()).optional(),
  add_generation_prompt: z.boolean().optional(),
  continue_final_message: z.boolean().optional(),
});

/** A chat completions request that passed the schema. */
export type OpenaiRequestBody = z.output<typeof openaiRequestSchema>;
