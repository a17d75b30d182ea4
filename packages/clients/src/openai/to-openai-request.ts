import type OpenAI from "openai";
import { UnsendableRequestError } from "../wire/transport.ts";
import type { ChatRequest, ResponseFormat } from "../contract/chat-request.ts";
import type { ToolChoice, ToolDefinition } from "../contract/tool-definition.ts";
import { checkConversation } from "../wire/check-conversation.ts";
import type { OpenaiQuirks } from "./openai-quirks.ts";
import { toOpenaiMessages } from "./to-openai-messages.ts";

/** The body of a chat completions request, with what compatible servers take beyond it. */
export type OpenaiRequest = OpenAI.ChatCompletionCreateParamsNonStreaming & {
  /** OpenRouter's own. */
  reasoning?: { effort: "low" | "medium" | "high" };
};

/**
 * Puts a request on the chat completions wire. Reasoning requests get a developer message in place of the system message and lose the
 * temperature, which reasoning models refuse. Throws `UnsendableRequestError`.
 */
export function toOpenaiRequest(request: ChatRequest, quirks: OpenaiQuirks): OpenaiRequest {
  checkConversation(request);
  if (request.stop !== undefined && request.stop.length > 4) {
    throw new UnsendableRequestError(`The provider takes at most 4 stop texts; the request has ${request.stop.length}.`);
  }
  const reasons = request.reasoning !== undefined;
  const body: OpenaiRequest = {
    model: request.model,
    messages: toOpenaiMessages(request.messages, { developer: reasons, reasoningDetails: quirks.reasoning === "openrouter" }),
  };
  body[reasons ? "max_completion_tokens" : quirks.maxTokensField] = request.maxTokens;
  if (request.reasoning !== undefined) {
    if (quirks.reasoning === "openrouter") body.reasoning = { effort: request.reasoning.effort };
    else body.reasoning_effort = request.reasoning.effort;
  } else if (request.temperature !== undefined) {
    body.temperature = request.temperature;
  }
  if (request.tools !== undefined && request.tools.length > 0) {
    body.tools = request.tools.map(toTool);
    if (request.toolChoice !== undefined) body.tool_choice = toToolChoice(request.toolChoice);
  }
  if (request.stop !== undefined && request.stop.length > 0) body.stop = [...request.stop];
  if (request.seed !== undefined) body.seed = request.seed;
  if (request.responseFormat !== undefined) body.response_format = toResponseFormat(request.responseFormat);
  const userId = request.metadata?.userId;
  if (userId !== undefined) body[quirks.userField] = userId;
  return body;
}

function toTool(tool: ToolDefinition): OpenAI.ChatCompletionFunctionTool {
  return {
    type: "function",
    function: {
      name: tool.name,
      ...(tool.description === undefined ? {} : { description: tool.description }),
      parameters: { ...tool.inputSchema },
      ...(tool.strict === undefined ? {} : { strict: tool.strict }),
    },
  };
}

function toToolChoice(choice: ToolChoice): OpenAI.ChatCompletionToolChoiceOption {
  return typeof choice === "string" ? choice : { type: "function", function: { name: choice.name } };
}

function toResponseFormat(format: ResponseFormat): NonNullable<OpenaiRequest["response_format"]> {
  if (format.type !== "json_schema") return { type: format.type };
  return { type: "json_schema", json_schema: { name: format.name, schema: { ...format.schema }, strict: format.strict } };
}
