import type Anthropic from "@anthropic-ai/sdk";
import type { ChatRequest } from "../contract/chat-request.ts";
import type { ToolChoice, ToolDefinition } from "../contract/tool-definition.ts";
import { checkConversation } from "../wire/check-conversation.ts";
import { UnsendableRequestError } from "../wire/unsendable-request-error.ts";
import { adaptToStrict, anthropicStrict } from "../wire/strict-schema.ts";
import { withWireNames } from "../wire/tool-names.ts";
import { setCacheMarks } from "./cache-marks.ts";
import { toAnthropicMessages } from "./to-anthropic-messages.ts";

/** The body of a messages request. Earlier models take a temperature, which the SDK's type no longer has. */
export type AnthropicRequest = Anthropic.MessageCreateParamsNonStreaming & { temperature?: number; top_p?: number };

/** Models that are told a budget for thinking; later ones decide themselves, given an effort. */
const budgetedThinking = /claude-(?:3-7|(?:opus|sonnet|haiku)-4-(?:[015](?:-|$)|\d{8}))/;
/** Models that take a temperature; those after Opus 4.6 refuse one. */
const withTemperature = /claude-(?:2|3|instant|(?:opus|sonnet|haiku)-4-(?:[0-6](?:-|$)|\d{8}))/;
const smallestBudget = 1024;
const budgets = { low: smallestBudget, medium: 4096, high: 16_384 } as const;

/**
 * Puts a request on the messages wire: instructions apart, all results of a turn in one user message. What the wire or
 * the model does not take (a seed, a temperature with later models) is left out; what the provider would refuse throws `UnsendableRequestError`.
 *
 * Source: https://docs.anthropic.com/en/api/messages
 */
export function toAnthropicRequest(given: ChatRequest): AnthropicRequest {
  checkConversation(given);
  if (given.vllm !== undefined) throw new UnsendableRequestError("Only vLLM takes the options in `vllm`: leave them out.");
  const request = withWireNames(given);
  const body: AnthropicRequest = {
    model: request.model,
    max_tokens: request.maxTokens,
    messages: toAnthropicMessages(request.messages),
  };
  checkBeginning(body);
  const system = request.messages.flatMap((message) => (message.role === "system" && message.text !== "" ? [message.text] : []));
  if (system.length > 0) body.system = system.join("\n\n");
  if (request.reasoning !== undefined) setThinking(body, request);
  else if (request.temperature !== undefined && withTemperature.test(request.model)) {
    body.temperature = checkTemperature(request.temperature);
  } else if (request.topP !== undefined && withTemperature.test(request.model)) body.top_p = request.topP;
  if (request.tools !== undefined && request.tools.length > 0) {
    body.tools = request.tools.map(toTool);
    if (request.toolChoice !== undefined) body.tool_choice = toToolChoice(request.toolChoice);
  }
  if (request.stop !== undefined && request.stop.length > 0) body.stop_sequences = [...request.stop];
  if (request.responseFormat?.type === "json_object") {
    throw new UnsendableRequestError("Anthropic has no json_object format: use json_schema or a tool.");
  }
  if (request.responseFormat?.type === "json_schema") {
    const schema = adaptToStrict(request.responseFormat.schema, anthropicStrict, "responseFormat.schema");
    body.output_config = { ...body.output_config, format: { type: "json_schema", schema } };
  }
  const userId = request.metadata?.userId;
  if (userId !== undefined) body.metadata = { user_id: userId };
  if (request.useCache === true) setCacheMarks(body);
  return body;
}

/** Source: https://docs.anthropic.com/en/docs/build-with-claude/prompt-engineering/prefill-claudes-response */
function checkBeginning({ messages }: AnthropicRequest): void {
  const last = messages.at(-1);
  if (last?.role !== "assistant") return;
  const block = typeof last.content === "string" ? last.content : last.content.at(-1);
  const text = typeof block === "object" && block.type === "text" ? block.text : block;
  if (typeof text === "string" && /\s$/.test(text)) {
    throw new UnsendableRequestError("Anthropic goes on from no text that ends with a space or line break: take it off the last message.");
  }
}

function checkTemperature(temperature: number): number {
  if (temperature >= 0 && temperature <= 1) return temperature;
  throw new UnsendableRequestError(`Anthropic takes a temperature from 0 to 1; it is ${temperature}.`);
}

function setThinking(body: AnthropicRequest, request: ChatRequest): void {
  const effort = request.reasoning?.effort ?? "medium";
  const choice = request.toolChoice;
  if (choice === "required" || typeof choice === "object") {
    throw new UnsendableRequestError("Anthropic's models cannot reason when a tool is forced: use toolChoice auto or leave reasoning out.");
  }
  if (!budgetedThinking.test(request.model)) {
    body.thinking = { type: "adaptive" };
    body.output_config = { effort };
    return;
  }
  if (request.maxTokens <= smallestBudget) {
    throw new UnsendableRequestError(`Reasoning needs maxTokens above ${smallestBudget}; it is ${request.maxTokens}.`);
  }
  body.thinking = { type: "enabled", budget_tokens: Math.max(smallestBudget, Math.min(budgets[effort], request.maxTokens >> 1)) };
}

function toTool(tool: ToolDefinition, index: number): Anthropic.Tool {
  return {
    name: tool.name,
    ...(tool.description === undefined ? {} : { description: tool.description }),
    input_schema: {
      ...(tool.strict === true
        ? adaptToStrict({ properties: {}, ...tool.inputSchema }, anthropicStrict, `tools[${index}].inputSchema`)
        : tool.inputSchema),
      type: "object",
    },
    ...(tool.strict === undefined ? {} : { strict: tool.strict }),
  };
}

function toToolChoice(choice: ToolChoice): Anthropic.ToolChoice {
  if (typeof choice === "object") return { type: "tool", name: choice.name };
  return choice === "required" ? { type: "any" } : { type: choice };
}
