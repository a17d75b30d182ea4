import type { ChatRequest } from "../contract/chat-request.ts";
import type { FinishReason } from "../contract/chat-response.ts";
import type { JsonObject, JsonValue } from "../contract/json.ts";
import type { AssistantMessage } from "../contract/message.ts";
import type { StreamPiece } from "../contract/stream-event.ts";
import type { Usage } from "../contract/usage.ts";
import type { ErrorAnswer } from "../errors/classify.ts";
import type { AnswerMapping } from "./answer-mapping.ts";
import type { AnswerHeaders, Received } from "./http-exchange.ts";

/** What a wire reads from an answer. */
export interface WireAnswer {
  readonly kind: "answer";
  /** Null where the provider does not name it. */
  readonly model: string | null;
  /** The id in the body, for when no header gives one. */
  readonly id: string | null;
  readonly finishReason: FinishReason;
  readonly message: AssistantMessage;
  /** Null where the provider reports none. */
  readonly usage: Usage | null;
  readonly raw: JsonObject;
}

/** What a wire reads from an error. */
export interface WireError extends ErrorAnswer {
  readonly kind: "error";
  readonly message: string | null;
  readonly requestId: string | null;
}

/** Tells that an answer is not what the wire promises. */
export class UnreadableAnswerError extends Error {
  override readonly name = "UnreadableAnswerError";
}

/** Puts together the answer that a stream's events carry. */
export interface AnswerStream {
  /**
   * Takes the data of one event and tells what it adds to the answer. Throws `UnreadableAnswerError` for what is no event of the wire;
   * returns a `WireError` where the provider tells of one in the middle.
   */
  take(data: JsonObject): readonly StreamPiece[] | WireError;
  /** Whether the provider said how the answer ended. */
  readonly ended: boolean;
  /** Whether nothing more is to come, where the wire has an event that says so. */
  readonly complete: boolean;
  /** The answer as the wire would have carried it whole. */
  body(): JsonObject;
}

/** How one attempt is sent. */
interface SendOptions {
  readonly signal: AbortSignal;
  readonly idempotencyKey: string;
}

/** A request in the wire's form. */
export interface PreparedRequest {
  /** Sends it once and, of an answer that streams, leaves the body to be read. */
  send(options: SendOptions): Promise<Received>;
  /** Puts what was changed for the wire's sake as the request had it. */
  readonly mapping: AnswerMapping;
}

/** Speaks one wire with one endpoint. Pure but for what `prepare` returns. */
export interface Transport {
  /**
   * Puts a request in the wire's form. Throws `UnsendableRequestError`.
   */
  prepare(request: ChatRequest, streaming: boolean): PreparedRequest;
  /** Starts to put together an answer that streams. */
  openStream(): AnswerStream;
  /** Reads a successful answer. Throws `UnreadableAnswerError`; returns a `WireError` where a success carries an error. */
  readAnswer(body: JsonObject): WireAnswer | WireError;
  /** Reads what an error says of itself; `body` is undefined where it is not JSON. */
  readError(status: number, body: JsonValue | undefined): WireError;
  /** The provider's id of a request. */
  requestIdOf(headers: AnswerHeaders): string | null;
  /** The input tokens that count against limits. */
  chargedInput(usage: Usage): number;
}
