import type { ChatRequest } from "../contract/chat-request.ts";
import type { FinishReason } from "../contract/chat-response.ts";
import type { JsonObject, JsonValue } from "../contract/json.ts";
import type { WireName } from "../contract/provider-name.ts";

/** Why a request is refused, in the terms of both wires. */
export interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  /** OpenAI wire only. */
  readonly code?: string | null | undefined;
  /** OpenAI wire only: the field that is wrong. */
  readonly param?: string | null | undefined;
}

/** An answer with all that was left open decided. */
export interface CompleteAnswer {
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly argumentsText: string }[];
  readonly finishReason: FinishReason;
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly outputTokens: number;
}

/** The state of one limit, as headers tell it. */
export interface LimitState {
  readonly name: "requests" | "tokens" | "input-tokens" | "output-tokens";
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds until it is full. */
  readonly resetMs: number;
}

/** A request that was understood. */
export interface ReadRequest {
  readonly request: ChatRequest;
  /** Set where the answer is to be streamed. */
  readonly stream?: { readonly includeUsage: boolean } | undefined;
}

/** The rules of one wire, as its provider enforces them. */
export interface SimulatedWire {
  readonly name: WireName;
  /** Whether it is spoken at a path. */
  serves(path: string): boolean;
  readonly requestIdHeader: string;
  /** The key a request gives, null if none. */
  keyOf(headers: NodeJS.Dict<string | string[]>): string | null;
  /** Why a key is not accepted. */
  refuseKey(key: string | null): Refusal;
  /** Reads a request, or tells why the provider would refuse it. */
  read(body: JsonValue | undefined, headers: NodeJS.Dict<string | string[]>, query: URLSearchParams): ReadRequest | Refusal;
  unknownModel(model: string): Refusal;
  rateLimited(limit: LimitState, model: string): Refusal;
  /** The events of a streamed answer, each as it goes over the connection. */
  stream(id: string, model: string, answer: CompleteAnswer, includeUsage: boolean): readonly string[];
  /** An error told in the middle of a stream. */
  streamError(refusal: Refusal): string;
  answer(id: string, model: string, answer: CompleteAnswer): JsonObject;
  error(refusal: Refusal, requestId: string): JsonObject;
  limitHeaders(limits: readonly LimitState[], now: number): Record<string, string>;
}

/** Whether a request could not be read. */
export function isRefusal(read: ReadRequest | Refusal): read is Refusal {
  return "status" in read;
}
