import { answerFromRaw } from "../client/answer-from-raw.ts";
import type { Clock } from "../clock/clock.ts";
import type { ChatClient, ChatOptions } from "../contract/chat-client.ts";
import type { ChatRequest } from "../contract/chat-request.ts";
import type { ChatResponse } from "../contract/chat-response.ts";
import type { JsonObject } from "../contract/json.ts";
import type { LimitStatus } from "../contract/limit-status.ts";
import type { ProviderName } from "../contract/provider-name.ts";
import { piecesOf } from "../contract/stream-message.ts";
import type { ErrorCode } from "../errors/error-code.ts";
import { ProviderError } from "../errors/provider-error.ts";
import { redactCause, redactJson } from "../errors/redact.ts";
import { RequestScope } from "../client/request-scope.ts";
import { wrongOption } from "../client/wrong-option.ts";
import { AbortFanOut } from "../limits/abort-fan-out.ts";
import { answerKey, plainRequest } from "./answer-key.ts";
import type { KeptAnswer, KeptAnswers } from "./answer-store.ts";

/** How asking ended for those who asked the same meanwhile; null where one of them has to ask. */
type Landed = { readonly response: ChatResponse } | { readonly error: ProviderError } | null;

/** Errors of one request, that say nothing of others that ask the same. */
const own: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["aborted", "deadline_exceeded", "closed"]);

/** Answers from what was kept where it may, without limits and without HTTP; asks the client behind it for the rest. */
export class KeepingChatClient implements ChatClient {
  readonly provider: ProviderName;
  readonly #client: ChatClient;
  readonly #kept: KeptAnswers;
  readonly #secrets: readonly string[];
  readonly #clock: Clock;
  readonly #aborts = new AbortFanOut();
  /** What is being asked, by its key. */
  readonly #flights = new Map<string, Promise<Landed>>();
  /** The requests that were accepted and have not ended. */
  readonly #open = new Set<Promise<ChatResponse>>();
  #closed = false;
  /** Why an answer could not be recorded. */
  #unrecorded: ProviderError | null = null;

  constructor(client: ChatClient, kept: KeptAnswers, secrets: readonly string[], clock: Clock) {
    this.provider = client.provider;
    this.#client = client;
    this.#kept = kept;
    this.#secrets = secrets;
    this.#clock = clock;
  }

  async chat(request: ChatRequest, options: ChatOptions = {}): Promise<ChatResponse> {
    if (this.#closed) throw this.#error("closed", "The client was closed: make a new one.");
    if (options.signal?.aborted === true) throw this.#error("aborted", "The request was aborted by its caller.");
    // What is wrong with one request's own options says nothing of others that ask the same.
    const wrong = wrongOption(options);
    if (wrong !== null) throw this.#error("invalid_request", wrong);
    const asked = this.#accept(request, options);
    this.#open.add(asked);
    try {
      return await asked;
    } finally {
      this.#open.delete(asked);
    }
  }

  async #accept(request: ChatRequest, options: ChatOptions): Promise<ChatResponse> {
    const plain = plainRequest(request);
    const key = answerKey(this.provider, plain);
    if (this.#kept.mode === "record") return await this.#ask(request, plain, key, options);
    for (;;) {
      const flight = this.#flights.get(key);
      if (flight === undefined) return await this.#lead(key, async () => await this.#answer(request, plain, key, options));
      const landed = await this.#follow(flight, options);
      if (landed === null) continue;
      if ("error" in landed) throw landed.error;
      return await this.#tell(this.#again(landed.response), options);
    }
  }

  /** Gives what was kept, or asks. */
  async #answer(request: ChatRequest, plain: JsonObject, key: string, options: ChatOptions): Promise<ChatResponse> {
    const answer = await this.#read(key);
    if (answer !== null) return await this.#tell(this.#responseOf(answer, request), options);
    if (this.#kept.mode === "cache") return await this.#ask(request, plain, key, options);
    throw this.#error("invalid_request", `No answer was recorded for this request (${key}): record it first.`);
  }

  async #ask(request: ChatRequest, plain: JsonObject, key: string, options: ChatOptions): Promise<ChatResponse> {
    if (this.#unrecorded !== null) throw this.#unrecorded;
    const response = await this.#client.chat(request, options);
    const complete = response.finishReason === "stop" || response.finishReason === "tool_calls";
    if (!complete && this.#kept.mode !== "record") return response;
    try {
      await this.#kept.store.write(key, this.#keptOf(response, plain));
    } catch (cause) {
      // An answer that was paid for is not lost to a full disk. One that is cached is asked for again another time; a recording would have gaps.
      if (this.#kept.mode === "record")
        this.#unrecorded ??= this.#error("invalid_request", "An answer can't be recorded, so nothing more is asked", cause);
    }
    return response;
  }

  async #read(key: string): Promise<KeptAnswer | null> {
    try {
      return await this.#kept.store.read(key);
    } catch (cause) {
      throw this.#error("invalid_request", "The answers that were kept can't be read", cause);
    }
  }

  /** Answers for all who ask the same meanwhile. */
  async #lead(key: string, answer: () => Promise<ChatResponse>): Promise<ChatResponse> {
    const { promise, resolve } = Promise.withResolvers<Landed>();
    this.#flights.set(key, promise);
    let landed: Landed = null;
    try {
      const response = await answer();
      landed = { response };
      return response;
    } catch (error) {
      if (ProviderError.is(error) && !own.has(error.code)) landed = { error };
      throw error;
    } finally {
      this.#flights.delete(key);
      resolve(landed);
    }
  }

  /** Waits for another's answer, as long as the own signal and deadline allow. */
  async #follow(flight: Promise<Landed>, { signal, deadline }: ChatOptions): Promise<Landed> {
    const scope = new RequestScope(this.#clock, this.#aborts, signal, deadline);
    const { promise, resolve, reject } = Promise.withResolvers<Landed>();
    const end = (): void => {
      const aborted = scope.ending?.code === "aborted";
      reject(
        aborted
          ? this.#error("aborted", "The request was aborted by its caller.")
          : this.#error("deadline_exceeded", "The request's deadline passed."),
      );
    };
    if (scope.ending === null) scope.listen({ aborted: end });
    else end();
    void flight.then(resolve);
    try {
      return await promise;
    } finally {
      scope.dispose();
    }
  }

  status(): readonly LimitStatus[] {
    return this.#client.status();
  }

  async close(): Promise<void> {
    this.#closed = true;
    // Those accepted may still have to ask the client behind, and have their answers kept.
    await Promise.allSettled(this.#open);
    await this.#client.close();
  }

  #keptOf({ provider, model, requestId, raw }: ChatResponse, request: JsonObject): KeptAnswer {
    const clean = { raw: redactJson(raw, this.#secrets), request: redactJson(request, this.#secrets) };
    return { provider, model, requestId, ...clean };
  }

  /** An answer that another got, as one that was kept. */
  #again(response: ChatResponse): ChatResponse {
    const now = this.#clock.now();
    return { ...response, timings: { submittedAt: now, sentAt: now, doneAt: now, queuedMs: 0 }, attempts: 0 };
  }

  #responseOf({ provider, model, requestId, raw }: KeptAnswer, request: ChatRequest): ChatResponse {
    const now = this.#clock.now();
    const { finishReason, message, usage } = answerFromRaw(provider, raw, request);
    const timings = { submittedAt: now, sentAt: now, doneAt: now, queuedMs: 0 };
    return { provider, model, requestId, finishReason, message, usage, timings, attempts: 0, raw };
  }

  async #tell(response: ChatResponse, { onAttempt, onStream }: ChatOptions): Promise<ChatResponse> {
    await onStream?.({ type: "started", attempt: 0 });
    if (onStream !== undefined) for (const piece of piecesOf(response.message)) await onStream(piece);
    await onStream?.({ type: "ended", finishReason: response.finishReason });
    await onAttempt?.({ type: "done", response, attempt: 0, at: response.timings.doneAt });
    return response;
  }

  #error(code: ErrorCode, message: string, reason?: unknown): ProviderError {
    const cause = redactCause(reason, this.#secrets);
    const why = cause === undefined ? message : `${message}: ${cause.message}`;
    return new ProviderError({ code, message: why, provider: this.provider, cause });
  }
}
