import type { FinishReason } from "./chat-response.ts";
import type { JsonValue } from "./json.ts";
import type { WireName } from "./provider-name.ts";

/** A piece of one part of an answer. `part` orders the parts of the message; numbers may be left out. */
export type StreamPiece =
  | { readonly type: "text"; readonly part: number; readonly text: string }
  | { readonly type: "refusal"; readonly part: number; readonly text: string }
  | {
      readonly type: "reasoning";
      readonly part: number;
      readonly wire: WireName;
      readonly text: string;
      readonly signature?: string;
      /** All that was received of it so far. */
      readonly opaque?: JsonValue;
    }
  | {
      readonly type: "tool_call";
      readonly part: number;
      readonly id: string;
      readonly name: string;
      /** A piece of the arguments as the model writes them; to be parsed only when the answer has ended. */
      readonly argumentsText: string;
      /** All of the arguments as they were read, told last where that is not what their text says. */
      readonly arguments?: JsonValue;
    };

/** What is told of an answer while it is written. The pieces of the last attempt add up to the message of the response. */
export type StreamEvent =
  /** An attempt begins to answer. What an earlier one said is void. */
  { readonly type: "started"; readonly attempt: number } | StreamPiece | { readonly type: "ended"; readonly finishReason: FinishReason };
