import { answerFromRaw } from "../client/answer-from-raw.ts";
import { listenerFailure } from "../client/failure.ts";
import { systemClock } from "../clock/clock.ts";
import type { AttemptEvent } from "../contract/attempt-event.ts";
import type { ChatClient, ChatOptions } from "../contract/chat-client.ts";
import type { ChatRequest } from "../contract/chat-request.ts";
import type { ChatResponse } from "../contract/chat-response.ts";
import type { LimitStatus } from "../contract/limit-status.ts";
import type { ProviderName } from "../contract/provider-name.ts";
import { piecesOf } from "../contract/stream-message.ts";
import { classifyAnswer } from "../errors/classify.ts";
import { ProviderError } from "../errors/provider-error.ts";
import { anthropicWire } from "./anthropic/anthropic-wire.ts";
import { completeAnswer } from "./complete-answer.ts";
import { openaiWire } from "./openai/openai-wire.ts";
import type { SimulatedScript } from "./simulated-model.ts";

/** How to make a scripted client. */
export interface ScriptedChatClientOptions {
  readonly script: SimulatedScript;
  /** Default `openai`. */
  readonly provider?: ProviderName | undefined;
  /** Milliseconds since the epoch. Default: the machine's clock. */
  readonly now?: (() => number) | undefined;
}

/** A client that answers from a script, without HTTP and without limits, and remembers what it was asked. */
export class ScriptedChatClient implements ChatClient {
  readonly provider: ProviderName;
  readonly #script: SimulatedScript;
  readonly #now: () => number;
  readonly #requests: ChatRequest[] = [];
  #closed = false;

  constructor(options: ScriptedChatClientOptions) {
    this.provider = options.provider ?? "openai";
    this.#script = options.script;
    this.#now = options.now ?? Date.now;
  }

  /** What was asked so far, in order. */
  get requests(): readonly ChatRequest[] {
    return this.#requests;
  }

  async chat(request: ChatRequest, options: ChatOptions = {}): Promise<ChatResponse> {
    if (this.#closed) throw this.#error("closed", "The client was closed.");
    this.#throwIfEnded(options);
    const submittedAt = this.#now();
    const sequence = this.#requests.length;
    this.#requests.push(request);
    const at = { attempt: 1, at: submittedAt };
    const idempotencyKey = options.idempotencyKey ?? `sim_${sequence}`;
    await options.onAttempt?.({ type: "queued", estimatedTokens: 0, ...at });
    await options.onAttempt?.({ type: "reserved", reservedTokens: 0, ...at });
    await options.onAttempt?.({ type: "sent", idempotencyKey, ...at });
    const wire = this.provider === "anthropic" ? "anthropic" : "openai";
    const scripted = await this.#scripted({ wire, sequence, request }, options, at);
    if ("refuse" in scripted) {
      const { status, message, type } = scripted.refuse;
      const code = classifyAnswer({ status, type: type ?? null, code: null });
      const error = new ProviderError({ code, message, provider: this.provider, status, type, attempts: 1 });
      await options.onAttempt?.({ type: "failed", error, charged: false, ...at });
      throw error;
    }
    const answer = completeAnswer(scripted, request, wire, String(sequence));
    const simulated = wire === "anthropic" ? anthropicWire : openaiWire;
    const raw = simulated.answer(String(sequence), request.model, answer);
    const firstTokenAt = options.onStream === undefined ? null : this.#now();
    const response: ChatResponse = {
      ...answerFromRaw(this.provider, raw),
      provider: this.provider,
      model: request.model,
      requestId: `sim_req_${sequence}`,
      timings: { submittedAt, sentAt: submittedAt, firstTokenAt, doneAt: this.#now(), queuedMs: 0 },
      attempts: 1,
      raw,
    };
    try {
      await options.onStream?.({ type: "started", attempt: 1 });
      for (const piece of piecesOf(response.message)) await options.onStream?.(piece);
      await options.onStream?.({ type: "ended", finishReason: response.finishReason });
    } catch (cause) {
      const error = listenerFailure({ provider: this.provider, secrets: [] }, cause, 1);
      await options.onAttempt?.({ type: "failed", error, charged: true, ...at });
      throw cause;
    }
    await options.onAttempt?.({ type: "done", response, attempt: 1, at: response.timings.doneAt });
    return response;
  }

  status(): readonly LimitStatus[] {
    return [];
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  /** What the script has for a request that was told to be sent. */
  async #scripted(
    asked: Parameters<SimulatedScript>[0],
    options: ChatOptions,
    at: Pick<AttemptEvent, "attempt" | "at">,
  ): Promise<Awaited<ReturnType<SimulatedScript>>> {
    let left = false;
    try {
      this.#throwIfEnded(options);
      left = true;
      const scripted = await this.#untilEnded(options, async () => await this.#script(asked));
      this.#throwIfEnded(options);
      return scripted;
    } catch (error) {
      if (!ProviderError.is(error)) throw error;
      const failure = left ? error.withAttempts(1) : error;
      await options.onAttempt?.({ type: "failed", error: failure, charged: left, ...at });
      throw failure;
    }
  }

  /** Does the work, or rejects as soon as the request's signal or deadline ends it. */
  async #untilEnded<T>(options: ChatOptions, work: () => Promise<T>): Promise<T> {
    const { signal, deadline } = options;
    const { promise, reject } = Promise.withResolvers<never>();
    const abort = (): void => reject(this.#error("aborted", "The request was aborted by its caller."));
    const pass = (): void => reject(this.#error("deadline_exceeded", "The request's deadline passed."));
    signal?.addEventListener("abort", abort, { once: true });
    const callOff = deadline === undefined ? () => {} : systemClock.after(deadline.getTime() - this.#now(), pass);
    try {
      return await Promise.race([promise, work()]);
    } finally {
      callOff();
      signal?.removeEventListener("abort", abort);
    }
  }

  #throwIfEnded({ signal, deadline }: ChatOptions): void {
    if (signal?.aborted === true) throw this.#error("aborted", "The request was aborted by its caller.");
    if (deadline !== undefined && deadline.getTime() <= this.#now())
      throw this.#error("deadline_exceeded", "The request's deadline passed.");
  }

  #error(code: ProviderError["code"], message: string): ProviderError {
    return new ProviderError({ code, message, provider: this.provider });
  }
}
