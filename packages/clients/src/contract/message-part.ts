import type { JsonValue } from "./json.ts";
import type { WireName } from "./provider-name.ts";

/** Text written by a person or a model. */
export interface TextPart {
  readonly type: "text";
  readonly text: string;
}

/** An image a model is to look at, by address or by its bytes. */
export interface ImagePart {
  readonly type: "image";
  readonly source:
    | { readonly type: "url"; readonly url: string }
    | {
        readonly type: "bytes";
        readonly mediaType: string;
        readonly data: Uint8Array;
      };
}

/** A call of a tool whose arguments are JSON. Whether they fit the tool's schema is still to be checked. */
export interface ValidToolCallPart {
  readonly type: "tool_call";
  readonly id: string;
  readonly name: string;
  readonly arguments: JsonValue;
  /** The arguments as the model wrote them; sent back byte for byte where the wire carries text. */
  readonly argumentsText: string;
  readonly error?: undefined;
}

/** A call of a tool whose arguments are not JSON: kept as written, never to be executed. */
export interface MalformedToolCallPart {
  readonly type: "tool_call";
  readonly id: string;
  readonly name: string;
  readonly arguments?: undefined;
  readonly argumentsText: string;
  /** What is wrong with the text, fit to be sent to the model as an error result. */
  readonly error: string;
}

/** A tool call of a model. Look at `error` first: `arguments` exist only where it is undefined. */
export type ToolCallPart = ValidToolCallPart | MalformedToolCallPart;

/** What a model thought before it answered. Sent back unchanged, and only over the wire it came from. */
export interface ReasoningPart {
  readonly type: "reasoning";
  /** The readable thought; empty where the provider hides it. */
  readonly text: string;
  /** The wire whose provider produced this part. */
  readonly wire: WireName;
  /** The provider's signature over `text`. */
  readonly signature?: string;
  /** What the provider encrypted or structured in its own way; never to be interpreted. */
  readonly opaque?: JsonValue;
}

/** A model's explanation of why it declined. */
export interface RefusalPart {
  readonly type: "refusal";
  readonly text: string;
}

/** A part of a user message. */
export type UserPart = TextPart | ImagePart;

/** A part of an assistant message. */
export type AssistantPart = TextPart | ToolCallPart | ReasoningPart | RefusalPart;
