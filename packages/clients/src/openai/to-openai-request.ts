import type OpenAI from "openai";
import { UnsendableRequestError } from "../wire/unsendable-request-error.ts";
import type { ChatRequest, ResponseFormat, VllmOptions } from "../contract/chat-request.ts";
import type { JsonObject } from "../contract/json.ts";
import type { JsonSchema, ToolChoice, ToolDefinition } from "../contract/tool-definition.ts";
import { checkConversation } from "../wire/check-conversation.ts";
import type { OpenaiQuirks } from "./openai-quirks.ts";
import { adaptToStrict, openaiStrict } from "../wire/strict-schema.ts";
import { toWireName, withWireNames } from "../wire/tool-names.ts";
import { toOpenaiMessages } from "./to-openai-messages.ts";

/** The body of a chat completions request, with what compatible servers take beyond it. */
export type OpenaiRequest = OpenAI.ChatCompletionCreateParamsNonStreaming & {
  /** OpenRouter's own. */
  reasoning?: { effort: "low" | "medium" | "high" };
} & VllmFields;

/** vLLM's own. */
interface VllmFields {
  structured_outputs?: JsonObject | { readonly json: JsonSchema };
  guided_json?: JsonSchema;
  guided_regex?: string;
  guided_choice?: readonly string[];
  guided_grammar?: string;
  chat_template_kwargs?: JsonObject;
  chat_template?: string;
  add_generation_prompt?: boolean;
  continue_final_message?: boolean;
}

/** What the API says when an id is longer. */
const longestId = 40;

/**
 * Puts a request on the chat completions wire. Reasoning requests get a developer message in place of the system message and lose the
 * temperature, which reasoning models refuse. Throws `UnsendableRequestError`.
 */
export function toOpenaiRequest(given: ChatRequest, quirks: OpenaiQuirks): OpenaiRequest {
  checkConversation(given);
  const request = withWireNames(given);
  if (request.stop !== undefined && request.stop.length > 4) {
    throw new UnsendableRequestError(`The provider takes at most 4 stop texts; the request has ${request.stop.length}.`);
  }
  const reasons = request.reasoning !== undefined;
  const body: OpenaiRequest = {
    model: request.model,
    messages: toOpenaiMessages(request.messages, {
      developer: reasons && quirks.developer,
      reasoningDetails: quirks.reasoning === "openrouter",
      prefix: quirks.continuation === "prefix",
      longestId,
    }),
  };
  body[reasons ? "max_completion_tokens" : quirks.maxTokensField] = request.maxTokens;
  if (request.reasoning !== undefined) {
    if (quirks.reasoning === "openrouter") body.reasoning = { effort: request.reasoning.effort };
    else body.reasoning_effort = request.reasoning.effort;
  } else if (request.temperature !== undefined) {
    body.temperature = request.temperature;
  }
  if (request.topP !== undefined && !reasons) body.top_p = request.topP;
  if (request.tools !== undefined && request.tools.length > 0) {
    body.tools = request.tools.map((tool, index) => toTool(tool, index, quirks));
    if (request.toolChoice !== undefined) body.tool_choice = toToolChoice(request.toolChoice);
  }
  if (request.stop !== undefined && request.stop.length > 0) body.stop = [...request.stop];
  if (request.seed !== undefined) body.seed = request.seed;
  if (request.responseFormat !== undefined) body.response_format = toResponseFormat(request.responseFormat, quirks);
  const userId = request.metadata?.userId;
  if (userId !== undefined) body[quirks.userField] = userId;
  if (request.vllm !== undefined) Object.assign(body, toVllmFields(request.vllm, quirks));
  if (continues(request, quirks)) Object.assign(body, { add_generation_prompt: false, continue_final_message: true });
  return body;
}

/** Whether vLLM is to be told that the answer goes on from the last message. Source: https://docs.vllm.ai/en/latest/serving/openai_compatible_server/ */
function continues({ messages, vllm }: ChatRequest, { continuation }: OpenaiQuirks): boolean {
  if (continuation !== "vllm") return false;
  const begun = messages.at(-1)?.role === "assistant";
  if (vllm?.continueFinalMessage !== true) return begun && vllm?.continueFinalMessage !== false && vllm?.addGenerationPrompt !== true;
  if (!begun) throw new UnsendableRequestError("vllm.continueFinalMessage needs a last message of the assistant's to go on from.");
  if (vllm.addGenerationPrompt === true) {
    throw new UnsendableRequestError("vllm.continueFinalMessage and vllm.addGenerationPrompt exclude each other.");
  }
  return true;
}

function toVllmFields({ guided, chatTemplateKwargs, chatTemplate, addGenerationPrompt }: VllmOptions, quirks: OpenaiQuirks): VllmFields {
  if (quirks.vllm === null) throw new UnsendableRequestError("Only vLLM takes the options in `vllm`: leave them out.");
  const fields: VllmFields = {};
  if (guided !== undefined) {
    const [name, value] = Object.entries(guided)[0] ?? [];
    if (Object.keys(guided).length !== 1)
      throw new UnsendableRequestError("vllm.guided takes exactly one of json, regex, choice and grammar.");
    if (quirks.vllm === "guided") Object.assign(fields, { [`guided_${name}`]: value });
    else fields.structured_outputs = guided;
  }
  if (chatTemplateKwargs !== undefined) fields.chat_template_kwargs = chatTemplateKwargs;
  if (chatTemplate !== undefined) fields.chat_template = chatTemplate;
  if (addGenerationPrompt !== undefined) fields.add_generation_prompt = addGenerationPrompt;
  return fields;
}

/** A schema as the provider's strict mode wants it. Throws `UnsendableRequestError` where it cannot be and has to be. */
function strictSchema(schema: JsonSchema, path: string, { strictMode }: OpenaiQuirks): { [key: string]: unknown } {
  if (strictMode === "none") return { ...schema };
  try {
    return { ...adaptToStrict(schema, openaiStrict, path) };
  } catch (error) {
    if (strictMode === "adapt" || !(error instanceof UnsendableRequestError)) throw error;
    return { ...schema };
  }
}

function toTool(tool: ToolDefinition, index: number, quirks: OpenaiQuirks): OpenAI.ChatCompletionFunctionTool {
  return {
    type: "function",
    function: {
      name: tool.name,
      ...(tool.description === undefined ? {} : { description: tool.description }),
      parameters:
        tool.strict === true
          ? strictSchema({ properties: {}, ...tool.inputSchema }, `tools[${index}].inputSchema`, quirks)
          : { ...tool.inputSchema },
      ...(tool.strict === undefined ? {} : { strict: tool.strict }),
    },
  };
}

function toToolChoice(choice: ToolChoice): OpenAI.ChatCompletionToolChoiceOption {
  return typeof choice === "string" ? choice : { type: "function", function: { name: choice.name } };
}

function toResponseFormat(format: ResponseFormat, quirks: OpenaiQuirks): NonNullable<OpenaiRequest["response_format"]> {
  if (format.type !== "json_schema") return { type: format.type };
  const schema = format.strict ? strictSchema(format.schema, "responseFormat.schema", quirks) : { ...format.schema };
  return { type: "json_schema", json_schema: { name: toWireName(format.name), schema, strict: format.strict } };
}
