import type { z } from "zod";
import type { ChatRequest } from "../../contract/chat-request.ts";
import type { JsonValue } from "../../contract/json.ts";
import { fromOpenaiMessages } from "../../openai/from-openai-messages.ts";
import type { ReadRequest, Refusal } from "../simulated-wire.ts";
import { type OpenaiRequestBody, openaiRequestSchema, vllmRequestSchema } from "./openai-request-schema.ts";

/** Reads a chat completions request, or tells why the API, or a server that takes more than it, would refuse it. */
export function readOpenaiRequest(
  body: JsonValue | undefined,
  schema: z.ZodType<OpenaiRequestBody> = openaiRequestSchema,
): ReadRequest | Refusal {
  const parsed = schema.safeParse(body);
  if (!parsed.success) return refuseShape(parsed.error);
  const { stream, stream_options: options } = parsed.data;
  if (options != null && stream !== true) {
    return invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options", null);
  }
  const streaming = stream === true ? { stream: { includeUsage: options?.include_usage ?? false } } : {};
  return refuseConversation(parsed.data) ?? { request: toChatRequest(parsed.data), ...streaming };
}

/** Reads a request as vLLM does. */
export function readVllmRequest(body: JsonValue | undefined): ReadRequest | Refusal {
  const parsed = vllmRequestSchema.safeParse(body);
  if (parsed.success && parsed.data.continue_final_message === true) {
    if (parsed.data.add_generation_prompt !== false) {
      return invalid("Cannot set both `continue_final_message` and `add_generation_prompt` to True.", null, null);
    }
    if (parsed.data.messages.at(-1)?.role !== "assistant")
      return invalid("The final message to continue is not the assistant's.", null, null);
  }
  return readOpenaiRequest(body, vllmRequestSchema);
}

function invalid(message: string, param: string | null, code: string | null): Refusal {
  return { status: 400, type: "invalid_request_error", message, param, code };
}

function refuseShape(error: z.ZodError): Refusal {
  const [issue] = error.issues;
  if (issue === undefined) return invalid("The body is not a valid request.", null, null);
  const param = issue.path.map((step) => (typeof step === "number" ? `[${step}]` : String(step))).join(".");
  if (issue.code === "unrecognized_keys") {
    const key = [param, issue.keys[0]].filter((step) => step !== "").join(".");
    return invalid(`Unknown parameter: '${key}'.`, key, "unknown_parameter");
  }
  if (issue.code === "invalid_type" && issue.message.endsWith("received undefined")) {
    return invalid(`Missing required parameter: '${param}'.`, param, "missing_required_parameter");
  }
  if (issue.code === "invalid_type") return invalid(`Invalid type for '${param}': ${issue.message}.`, param, "invalid_type");
  return invalid(`Invalid value for '${param}': ${issue.message}.`, param, "invalid_value");
}

function refuseConversation(body: OpenaiRequestBody): Refusal | null {
  if (body.max_tokens != null && body.max_completion_tokens != null) {
    return invalid("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", "max_tokens", null);
  }
  const tools = new Set(body.tools?.map((tool) => tool.function.name) ?? []);
  if (body.tool_choice !== undefined && body.tools === undefined) {
    return invalid("'tool_choice' is only allowed when 'tools' are specified.", "tool_choice", null);
  }
  if (typeof body.tool_choice === "object" && !tools.has(body.tool_choice.function.name)) {
    return invalid(`Tool choice '${body.tool_choice.function.name}' not found in 'tools' parameter.`, "tool_choice", null);
  }
  if (body.response_format?.type === "json_object" && !/json/i.test(JSON.stringify(body.messages))) {
    const text = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.";
    return invalid(text, "messages", null);
  }
  return refuseToolMessages(body);
}

function refuseToolMessages({ messages }: OpenaiRequestBody): Refusal | null {
  let open = new Set<string>();
  for (const [index, message] of messages.entries()) {
    const param = `messages.[${index}].role`;
    if (message.role === "tool") {
      if (!open.delete(message.tool_call_id)) {
        const text = "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.";
        return invalid(text, param, null);
      }
      continue;
    }
    if (open.size > 0) return unanswered(open, param);
    if (message.role !== "assistant") continue;
    open = new Set(message.tool_calls?.map((call) => call.id) ?? []);
    if (message.tool_calls === undefined && message.content == null && message.refusal == null) {
      return invalid("Invalid value for 'content': expected a string, got null.", `messages.[${index}].content`, null);
    }
  }
  return open.size > 0 ? unanswered(open, "messages") : null;
}

function unanswered(ids: ReadonlySet<string>, param: string): Refusal {
  const text = `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. Without response: ${[...ids].join(", ")}`;
  return invalid(text, param, null);
}

function toChatRequest(body: OpenaiRequestBody): ChatRequest {
  const choice = body.tool_choice;
  const effort = body.reasoning_effort ?? body.reasoning?.effort;
  const format = body.response_format;
  const stop = typeof body.stop === "string" ? [body.stop] : body.stop;
  return {
    model: body.model,
    messages: fromOpenaiMessages(body.messages),
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? 16_384,
    ...(body.tools === undefined
      ? {}
      : {
          tools: body.tools.map(({ function: { name, description, parameters, strict } }) => ({
            name,
            ...(description === undefined ? {} : { description }),
            inputSchema: parameters ?? { type: "object" },
            ...(strict == null ? {} : { strict }),
          })),
        }),
    ...(choice === undefined ? {} : { toolChoice: typeof choice === "object" ? { name: choice.function.name } : choice }),
    ...(body.temperature == null ? {} : { temperature: body.temperature }),
    ...(body.top_p == null ? {} : { topP: body.top_p }),
    ...(stop == null ? {} : { stop }),
    ...(body.seed == null ? {} : { seed: body.seed }),
    ...(effort === "low" || effort === "medium" || effort === "high" ? { reasoning: { effort } } : {}),
    ...(format === undefined ? {} : { responseFormat: toFormat(format) }),
    ...(body.safety_identifier == null && body.user === undefined
      ? {}
      : { metadata: { userId: body.safety_identifier ?? body.user ?? "" } }),
  };
}

function toFormat(format: NonNullable<OpenaiRequestBody["response_format"]>): NonNullable<ChatRequest["responseFormat"]> {
  if (format.type !== "json_schema") return format;
  const { name, schema, strict } = format.json_schema;
  return { type: "json_schema", name, schema: schema ?? {}, strict: strict ?? false };
}
