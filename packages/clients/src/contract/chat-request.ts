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

/** A request for one answer, the same for every provider. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly tools?: readonly ToolDefinition[] | undefined;
  readonly toolChoice?: ToolChoice | undefined;
  /** The most tokens the answer may have, reasoning included. */
  readonly maxTokens: number;
  readonly temperature?: number | undefined;
  /** Texts that end the answer when the model is about to write them. */
  readonly stop?: readonly string[] | undefined;
  /** Makes sampling repeatable where the provider can; left out where it cannot. */
  readonly seed?: number | undefined;
  readonly responseFormat?: ResponseFormat | undefined;
  /** Set for reasoning models only. */
  readonly reasoning?: ReasoningRequest | undefined;
  /** `userId` goes to the provider as its end-user identifier; other entries stay here. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}
