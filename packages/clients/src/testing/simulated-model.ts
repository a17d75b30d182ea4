import type { ChatRequest } from "../contract/chat-request.ts";
import type { FinishReason } from "../contract/chat-response.ts";
import type { JsonValue } from "../contract/json.ts";
import type { WireName } from "../contract/provider-name.ts";

/** A request as the simulated provider understood it, the same for both wires. */
export interface SimulatedConversation {
  readonly wire: WireName;
  /** Counts the accepted requests of the server, from 0. */
  readonly sequence: number;
  readonly request: ChatRequest;
}

/** A tool call a simulated model makes. `argumentsText` is sent as it is, also when it is not JSON (OpenAI wire only). */
export type SimulatedToolCall =
  | {
      readonly name: string;
      readonly arguments: JsonValue;
      readonly id?: string | undefined;
    }
  | {
      readonly name: string;
      readonly argumentsText: string;
      readonly id?: string | undefined;
    };

/** What a simulated model answers. */
export interface SimulatedAnswer {
  readonly text?: string | undefined;
  readonly reasoning?: string | undefined;
  readonly toolCalls?: readonly SimulatedToolCall[] | undefined;
  /** Counted from the answer when absent. An answer over the request's limit is cut with `length`. */
  readonly outputTokens?: number | undefined;
  /** Tokens of the input that are reported as read from a cache. Default 0. */
  readonly cacheReadTokens?: number | undefined;
  /** Derived from the answer when absent. */
  readonly finishReason?: FinishReason | undefined;
}

/** A request a simulated model will not answer; sent as an error of the wire's own shape. */
export interface SimulatedRefusal {
  readonly refuse: {
    readonly status: number;
    readonly message: string;
    readonly type?: string | undefined;
  };
}

/** Plays a model: a pure function from the conversation so far to the next answer. */
export type SimulatedScript = (
  conversation: SimulatedConversation,
) => SimulatedAnswer | SimulatedRefusal | Promise<SimulatedAnswer | SimulatedRefusal>;
