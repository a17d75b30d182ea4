import type { z } from "zod";
import type { ChatRequest } from "../../contract/chat-request.ts";
import type { JsonValue } from "../../contract/json.ts";
import type { Message } from "../../contract/message.ts";
import type { AnthropicMessageBody } from "../../anthropic/anthropic-message-schema.ts";
import { fromAnthropicMessage } from "../../anthropic/from-anthropic-message.ts";
import type { ReadRequest, Refusal } from "../simulated-wire.ts";
import { type AnthropicRequestBody, anthropicRequestSchema } from "./anthropic-request-schema.ts";

type Body = AnthropicMessageBody;
type UserBody = Extract<Body, { role: "user" }>;

/** Reads a messages request, or tells why the API would refuse it. */
export function readAnthropicRequest(body: JsonValue | undefined, headers: NodeJS.Dict<string | string[]>): ReadRequest | Refusal {
  if (headers["anthropic-version"] === undefined) return invalid("anthropic-version: header is required");
  const parsed = anthropicRequestSchema.safeParse(body);
  if (!parsed.success) return refuseShape(parsed.error);
  const streaming = parsed.data.stream === true ? { stream: { includeUsage: true } } : {};
  return (
    refuseTools(parsed.data) ??
    refuseTurns(parsed.data.messages) ??
    refuseBeginning(parsed.data) ?? { request: toChatRequest(parsed.data), ...streaming }
  );
}

function invalid(message: string): Refusal {
  return { status: 400, type: "invalid_request_error", message };
}

function refuseShape(error: z.ZodError): Refusal {
  const [issue] = error.issues;
  const path = (issue?.path ?? []).map(String);
  if (issue?.code === "unrecognized_keys") return invalid(`${[...path, issue.keys[0]].join(".")}: Extra inputs are not permitted`);
  if (issue?.code === "invalid_type" && issue.message.endsWith("received undefined")) return invalid(`${path.join(".")}: Field required`);
  return invalid(`${path.join(".")}: ${issue?.message ?? "Input should be a valid request"}`);
}

function refuseTools(body: AnthropicRequestBody): Refusal | null {
  const names = new Set(body.tools?.map((tool) => tool.name) ?? []);
  if (names.size < (body.tools?.length ?? 0)) return invalid("tools: Tool names must be unique.");
  const choice = body.tool_choice;
  if (choice !== undefined && names.size === 0) return invalid("tool_choice: tool_choice may only be specified while providing tools.");
  if (choice?.type === "tool" && !names.has(choice.name)) return invalid(`Tool '${choice.name}' not found in provided tools`);
  const thinking = body.thinking?.type;
  if (thinking === "enabled" || thinking === "adaptive") {
    if (choice?.type === "any" || choice?.type === "tool") return invalid("Thinking may not be enabled when tool_choice forces tool use.");
    if (body.temperature !== undefined && body.temperature !== 1)
      return invalid("`temperature` may only be set to 1 when thinking is enabled.");
  }
  if (body.thinking?.type === "enabled" && body.thinking.budget_tokens >= body.max_tokens) {
    return invalid("`max_tokens` must be greater than `thinking.budget_tokens`.");
  }
  return null;
}

function refuseTurns(messages: readonly Body[]): Refusal | null {
  if (messages[0]?.role !== "user") return invalid("messages: first message must use the user role");
  let open = new Set<string>();
  for (const [index, message] of messages.entries()) {
    if (index > 0 && message.role === messages[index - 1]?.role) {
      return invalid(`messages.${index}: roles must alternate between "user" and "assistant"`);
    }
    if (message.role === "assistant") {
      open = new Set(
        typeof message.content === "string" ? [] : message.content.flatMap((block) => (block.type === "tool_use" ? [block.id] : [])),
      );
      continue;
    }
    const refusal = refuseResults(message, index, open);
    if (refusal !== null) return refusal;
    open = new Set();
  }
  return open.size === 0 ? null : missingResults(messages.length - 1, open);
}

/** Claude models up to 4.5; later ones do not go on from an answer that is begun. */
const continuing = /claude-(?:[23]|instant|(?:opus|sonnet|haiku)-4-(?:[0-5](?:-|$)|\d{8}))/;

/** Source: https://docs.anthropic.com/en/docs/build-with-claude/prompt-engineering/prefill-claudes-response */
function refuseBeginning({ messages, model, thinking }: AnthropicRequestBody): Refusal | null {
  const last = messages.at(-1);
  if (last?.role !== "assistant") return null;
  if (model.includes("claude-") && !continuing.test(model)) {
    return invalid("This model does not support assistant message prefill. The conversation must end with a user message.");
  }
  if (thinking !== undefined && thinking.type !== "disabled") return invalid("messages: prefill is not supported when thinking is enabled");
  const block = typeof last.content === "string" ? last.content : last.content.at(-1);
  const text = typeof block === "object" && block.type === "text" ? block.text : block;
  return typeof text === "string" && text.trimEnd() !== text
    ? invalid("messages: final assistant content cannot end with trailing whitespace")
    : null;
}

function refuseResults(message: UserBody, index: number, open: ReadonlySet<string>): Refusal | null {
  const blocks = typeof message.content === "string" ? [] : message.content;
  const missing = new Set(open);
  let others = false;
  for (const [place, block] of blocks.entries()) {
    if (block.type !== "tool_result") {
      others = true;
      continue;
    }
    if (!missing.delete(block.tool_use_id)) {
      return invalid(
        `messages.${index}.content.${place}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${block.tool_use_id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      );
    }
    if (others) return invalid(`messages.${index}.content.${place}: \`tool_result\` blocks must come before other content.`);
  }
  return missing.size === 0 ? null : missingResults(index, missing);
}

function missingResults(index: number, ids: ReadonlySet<string>): Refusal {
  return invalid(
    `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${[...ids].join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
  );
}

function toChatRequest(body: AnthropicRequestBody): ChatRequest {
  const system = typeof body.system === "string" ? [body.system] : (body.system ?? []).map((block) => block.text);
  const choice = body.tool_choice;
  const effort = body.output_config?.effort;
  const format = body.output_config?.format;
  const userId = body.metadata?.user_id;
  return {
    model: body.model,
    messages: [...system.map((text): Message => ({ role: "system", text })), ...body.messages.flatMap(fromAnthropicMessage)],
    maxTokens: body.max_tokens,
    ...(body.tools === undefined
      ? {}
      : {
          tools: body.tools.map(({ name, description, input_schema: inputSchema, strict }) => ({
            name,
            ...(description === undefined ? {} : { description }),
            inputSchema,
            ...(strict === undefined ? {} : { strict }),
          })),
        }),
    ...(choice === undefined
      ? {}
      : { toolChoice: choice.type === "tool" ? { name: choice.name } : choice.type === "any" ? "required" : choice.type }),
    ...(body.temperature === undefined ? {} : { temperature: body.temperature }),
    ...(body.top_p === undefined ? {} : { topP: body.top_p }),
    ...(JSON.stringify([body.system, body.tools, body.messages]).includes('"cache_control":{') ? { useCache: true } : {}),
    ...(body.stop_sequences === undefined ? {} : { stop: body.stop_sequences }),
    ...(effort === "low" || effort === "medium" || effort === "high" ? { reasoning: { effort } } : {}),
    ...(format == null ? {} : { responseFormat: { type: "json_schema", name: "answer", schema: format.schema, strict: true } }),
    ...(userId == null ? {} : { metadata: { userId } }),
  };
}
