import type { JsonObject } from "./json.ts";
import type { Message } from "./message.ts";
import type { JsonSchema, ToolChoice, ToolDefinition } from "./tool-definition.ts";

/** The form an answer must have. */
export type ResponseFormat =
  | { readonly type: "text" }
  | { readonly type: "json_object" }
  | {
      readonly type: "json_schema";
      readonly name: string;
      readonly schema: JsonSchema;
      readonly strict: boolean;
    };

/** How much a model is to think before it answers. */
export interface ReasoningRequest {
  readonly effort: "low" | "medium" | "high";
}

/** What vLLM takes beyond chat completions. Source: https://docs.vllm.ai/en/latest/features/structured_outputs/ */
export interface VllmOptions {
  /** Holds the answer to a form; at most one. */
  readonly guided?:
    | { readonly json: JsonSchema }
    | { readonly regex: string }
    | { readonly choice: readonly string[] }
    | { readonly grammar: string }
    | undefined;
  /** Handed to the model's chat template, such as `{ enable_thinking: false }`. */
  readonly chatTemplateKwargs?: JsonObject | undefined;
  /** A template in place of the model's own. */
  readonly chatTemplate?: string | undefined;
  /** Whether the template ends with the start of an answer. Not beside `continueFinalMessage`. */
  readonly addGenerationPrompt?: boolean | undefined;
  /** Whether the answer goes on from the last message. Default: where that is the assistant's, unless `addGenerationPrompt` is true. */
  readonly continueFinalMessage?: boolean | undefined;
}

/** A request for one answer, the same for every provider. */
export interface ChatRequest {
  readonly model: string;
  /** The last may be the assistant's: vLLM, LiteLLM and Claude models up to 4.5 then go on from it, others answer it. */
  readonly messages: readonly Message[];
  readonly tools?: readonly ToolDefinition[] | undefined;
  readonly toolChoice?: ToolChoice | undefined;
  /** The most tokens the answer may have, reasoning included. */
  readonly maxTokens: number;
  readonly temperature?: number | undefined;
  /** Samples only from the most likely tokens that together have this probability. */
  readonly topP?: number | undefined;
  /** Texts that end the answer when the model is about to write them. */
  readonly stop?: readonly string[] | undefined;
  /** Makes sampling repeatable where the provider can; left out where it cannot. */
  readonly seed?: number | undefined;
  readonly responseFormat?: ResponseFormat | undefined;
  /** Set for reasoning models only. */
  readonly reasoning?: ReasoningRequest | undefined;
  /**
   * Marks what the provider may keep for the next request, where it wants marks, as Anthropic does: the instructions, the first tool, the
   * last message and the third-last. Default false.
   */
  readonly useCache?: boolean | undefined;
  /** What only vLLM takes; other providers refuse it. */
  readonly vllm?: VllmOptions | undefined;
  /** Which of several answers to one question this is to be: kept answers are told apart by it. Not sent. */
  readonly sample?: number | undefined;
  /** `userId` goes to the provider as its end-user identifier; other entries stay here. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}
