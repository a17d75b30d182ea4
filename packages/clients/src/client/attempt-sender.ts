import type { Clock } from "../clock/clock.ts";
import type { ChatOptions } from "../contract/chat-client.ts";
import type { AssistantMessage } from "../contract/message.ts";
import { toolCallsOf } from "../contract/message-content.ts";
import type { StreamEvent } from "../contract/stream-event.ts";
import { piecesOf } from "../contract/stream-message.ts";
import type { ProviderError } from "../errors/provider-error.ts";
import type { Spent } from "../limits/rate-limiter.ts";
import type { AnswerHeaders, Received } from "../wire/http-exchange.ts";
import { isJsonObject, readJson } from "../wire/read-json.ts";
import type { AnswerMapping } from "../wire/answer-mapping.ts";
import { type PreparedRequest, type Transport, UnreadableAnswerError, type WireAnswer, type WireError } from "../wire/transport.ts";
import {
  answeredFailure,
  cutFailure,
  endedFailure,
  type FailureContext,
  neverSent,
  timeoutFailure,
  unansweredFailure,
  unreadableFailure,
} from "./failure.ts";
import type { RequestScope } from "./request-scope.ts";
import { readStream } from "./streamed-answer.ts";

/** How one attempt ended. */
export type Attempt =
  | {
      readonly outcome: "answered";
      readonly headers: AnswerHeaders;
      readonly answer: WireAnswer;
      readonly sentAt: number;
      readonly firstTokenAt: number | null;
      readonly doneAt: number;
    }
  | {
      readonly outcome: "failed";
      readonly headers: AnswerHeaders | null;
      readonly error: ProviderError;
      readonly spent: Spent | "all" | "nothing";
    };

/** An error answer cost a request but no tokens. */
const onlyTheRequest: Spent = { requests: 1, inputTokens: 0, outputTokens: 0, reported: false };

/** Tells the listener of a stream, and remembers what the listener itself threw. */
class StreamTeller {
  readonly #listener: NonNullable<ChatOptions["onStream"]>;
  readonly #mapping: AnswerMapping;
  readonly #clock: Clock;
  /** The places of the calls that were told of. */
  readonly #calls = new Set<number>();
  firstTokenAt: number | null = null;
  thrown: { readonly error: unknown } | null = null;

  constructor(listener: NonNullable<ChatOptions["onStream"]>, mapping: AnswerMapping, clock: Clock) {
    this.#listener = listener;
    this.#mapping = mapping;
    this.#clock = clock;
  }

  async tell(event: StreamEvent): Promise<void> {
    if (event.type !== "started") this.firstTokenAt ??= this.#clock.now();
    if (event.type === "tool_call") this.#calls.add(event.part);
    try {
      const told = this.#listener(event.type === "started" || event.type === "ended" ? event : this.#mapping.ofPiece(event));
      if (told !== undefined) await told;
    } catch (error) {
      this.thrown = { error };
      throw error;
    }
  }

  /** Tells the arguments that are read otherwise than they were written. */
  async tellChanged(message: AssistantMessage): Promise<void> {
    const places = [...this.#calls].toSorted((a, b) => a - b);
    const changed = toolCallsOf(this.#mapping.ofMessage(message));
    for (const [index, { arguments: written }] of toolCallsOf(message).entries()) {
      const call = changed[index];
      const part = places[index];
      if (call?.arguments === undefined || part === undefined || JSON.stringify(call.arguments) === JSON.stringify(written)) continue;
      const { type, id, name, arguments: read } = call;
      await this.tell({ type, part, id, name, argumentsText: "", arguments: read });
    }
  }
}

/** Sends a request once and tells how that ended and what it cost. Rejects only with what the listener of a stream threw. */
export class AttemptSender {
  readonly #transport: Transport;
  readonly #context: FailureContext;
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  constructor(transport: Transport, context: FailureContext, clock: Clock, timeoutMs: number) {
    this.#transport = transport;
    this.#context = context;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  async #exchange(
    prepared: PreparedRequest,
    scope: RequestScope,
    idempotencyKey: string,
    number: number,
    onStream: ChatOptions["onStream"],
  ): Promise<Attempt> {
    const controller = new AbortController();
    const listener = { aborted: () => controller.abort(new Error("The request ended.")) };
    scope.listen(listener);
    let timedOut = false;
    const callOff = this.#clock.after(this.#timeoutMs, () => {
      timedOut = true;
      controller.abort(new Error("The attempt took too long."));
    });
    const sentAt = this.#clock.now();
    const teller = onStream === undefined ? null : new StreamTeller(onStream, prepared.mapping, this.#clock);
    try {
      const received = await prepared.send({ signal: controller.signal, idempotencyKey });
      if (received.body !== null && teller !== null) {
        return await this.#readStream(received, received.body, sentAt, number, teller, controller.signal);
      }
      const attempt = this.#read(received, sentAt);
      if (attempt.outcome === "failed" || teller === null) return attempt;
      await tellWhole(attempt.answer, prepared.mapping, number, teller);
      return { ...attempt, firstTokenAt: teller.firstTokenAt };
    } catch (cause) {
      if (teller?.thrown != null) throw teller.thrown.error;
      if (scope.ending !== null) return failed(endedFailure(this.#context, scope.ending, 0), "all");
      if (timedOut) return failed(timeoutFailure(this.#context, this.#timeoutMs), "all");
      return failed(unansweredFailure(this.#context, cause), neverSent(cause) ? "nothing" : "all");
    } finally {
      callOff();
      scope.unlisten(listener);
    }
  }

  /** Sends and, where that succeeds, puts the answer as the request had its names. */
  async send(
    prepared: PreparedRequest,
    scope: RequestScope,
    idempotencyKey: string,
    number: number,
    onStream: ChatOptions["onStream"],
  ): Promise<Attempt> {
    const attempt = await this.#exchange(prepared, scope, idempotencyKey, number, onStream);
    if (attempt.outcome === "failed") return attempt;
    try {
      const message = prepared.mapping.ofMessage(attempt.answer.message);
      return { ...attempt, answer: { ...attempt.answer, message } };
    } catch (cause) {
      // What is nested too deep to be gone through.
      const received = { status: 200, headers: attempt.headers, text: "", body: null };
      return { outcome: "failed", headers: attempt.headers, error: unreadableFailure(this.#context, received, null, cause), spent: "all" };
    }
  }

  #read(received: Received, sentAt: number): Attempt {
    const { status, headers, text } = received;
    const doneAt = this.#clock.now();
    const requestId = this.#transport.requestIdOf(headers);
    const body = readJson(text);
    const refuse = (said: WireError, otherwise: Spent | "all"): Attempt => {
      const error = answeredFailure(this.#context, received, said, requestId, doneAt);
      return { outcome: "failed", headers, error, spent: error.code === "rate_limited" ? "nothing" : otherwise };
    };
    if (status < 200 || status > 299) return refuse(this.#transport.readError(status, body), onlyTheRequest);
    try {
      if (!isJsonObject(body)) throw new SyntaxError("The body is not a JSON object.");
      const answer = this.#transport.readAnswer(body);
      // What failed within a success may have been computed in part.
      return answer.kind === "error" ? refuse(answer, "all") : { outcome: "answered", headers, answer, sentAt, firstTokenAt: null, doneAt };
    } catch (cause) {
      return { outcome: "failed", headers, error: unreadableFailure(this.#context, received, requestId, cause), spent: "all" };
    }
  }

  /** What broke off in the middle was computed, and is taken to have cost all that was reserved. */
  async #readStream(
    received: Received,
    body: ReadableStream<Uint8Array>,
    sentAt: number,
    number: number,
    teller: StreamTeller,
    signal: AbortSignal,
  ): Promise<Attempt> {
    const { headers } = received;
    const requestId = this.#transport.requestIdOf(headers);
    const fail = (error: ProviderError): Attempt => ({ outcome: "failed", headers, error, spent: "all" });
    const stream = this.#transport.openStream();
    try {
      await teller.tell({ type: "started", attempt: number });
      const said = await readStream(body, stream, signal, (piece) => teller.tell(piece));
      if (said !== null) return fail(answeredFailure(this.#context, received, said, requestId, this.#clock.now()));
      if (!stream.ended) return fail(cutFailure(this.#context, received.status, requestId));
      const answer = this.#transport.readAnswer(stream.body());
      if (answer.kind === "error") return fail(answeredFailure(this.#context, received, answer, requestId, this.#clock.now()));
      await teller.tellChanged(answer.message);
      await teller.tell({ type: "ended", finishReason: answer.finishReason });
      return { outcome: "answered", headers, answer, sentAt, firstTokenAt: teller.firstTokenAt, doneAt: this.#clock.now() };
    } catch (cause) {
      if (!(cause instanceof UnreadableAnswerError) || teller.thrown !== null) throw cause;
      return fail(unreadableFailure(this.#context, received, requestId, cause));
    }
  }
}

/** An answer that came whole although a stream was asked for. */
async function tellWhole(
  { message, finishReason }: WireAnswer,
  mapping: AnswerMapping,
  number: number,
  teller: StreamTeller,
): Promise<void> {
  await teller.tell({ type: "started", attempt: number });
  for (const piece of piecesOf(mapping.ofMessage(message))) await teller.tell(piece);
  await teller.tell({ type: "ended", finishReason });
}

function failed(error: ProviderError, spent: "all" | "nothing"): Attempt {
  return { outcome: "failed", headers: null, error, spent };
}
