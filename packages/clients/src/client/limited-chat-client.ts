import { randomUUID } from "node:crypto";
import type { Clock } from "../clock/clock.ts";
import type { CompleteProviderConfig } from "../config/provider-config.ts";
import type { AttemptEvent } from "../contract/attempt-event.ts";
import type { ChatClient, ChatOptions } from "../contract/chat-client.ts";
import type { ChatRequest } from "../contract/chat-request.ts";
import type { ChatResponse } from "../contract/chat-response.ts";
import type { LimitStatus } from "../contract/limit-status.ts";
import type { ProviderName } from "../contract/provider-name.ts";
import { type Usage, usageOf } from "../contract/usage.ts";
import type { ErrorCode } from "../errors/error-code.ts";
import { ProviderError } from "../errors/provider-error.ts";
import { AbortFanOut } from "../limits/abort-fan-out.ts";
import { limitHeadersOf } from "../limits/limit-headers.ts";
import { LimiterClosedError, OversizeError, type RateLimiter, type Reservation, type Spent } from "../limits/rate-limiter.ts";
import { TokenCounter } from "../tokens/token-counter.ts";
import type { PreparedRequest, Transport } from "../wire/transport.ts";
import { UnsendableRequestError } from "../wire/unsendable-request-error.ts";
import { type Attempt, AttemptSender } from "./attempt-sender.ts";
import { endedFailure, type FailureContext, listenerFailure } from "./failure.ts";
import { Journey } from "./journey.ts";
import { PoolNames } from "./pool-names.ts";
import { RequestScope } from "./request-scope.ts";
import { wrongOption } from "./wrong-option.ts";
import { type CompleteRetryPolicy, completeRetryPolicy, pauseBefore } from "./retry-policy.ts";

/** What a client is made of beside its configuration. */
export interface ClientParts {
  readonly limiter: RateLimiter;
  readonly clock: Clock;
  /** A number from 0 up to 1. */
  readonly random: () => number;
}

const hopelessCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["authentication", "quota_exhausted"]);

/** Sends requests over one transport as the limits allow, and again where that may help. */
export class LimitedChatClient implements ChatClient {
  readonly provider: ProviderName;
  readonly #parts: ClientParts;
  readonly #transport: Transport;
  readonly #policy: CompleteRetryPolicy;
  readonly #context: FailureContext;
  readonly #sender: AttemptSender;
  readonly #pools: PoolNames;
  readonly #tokens = new TokenCounter();
  readonly #aborts = new AbortFanOut();
  readonly #waiting = new Set<Journey>();
  readonly #idle: (() => void)[] = [];
  #open = 0;
  #closed = false;

  constructor(config: CompleteProviderConfig, transport: Transport, parts: ClientParts) {
    this.provider = config.provider;
    this.#parts = parts;
    this.#transport = transport;
    this.#policy = completeRetryPolicy(config.retry);
    this.#context = { provider: config.provider, secrets: config.secrets, reasons: new WeakMap() };
    this.#sender = new AttemptSender(transport, this.#context, parts.clock, config.timeoutMs);
    this.#pools = new PoolNames(config);
  }

  async chat(request: ChatRequest, options: ChatOptions = {}): Promise<ChatResponse> {
    const journey = await this.#begin(request, options);
    try {
      // A waiting request is held in this one frame, its journey and what the limiter keeps of it.
      for (;;) {
        await this.#queue(journey);
        const response = await this.#use(journey, await this.#parts.limiter.acquire(journey.pool, journey));
        if (response !== null) return response;
      }
    } catch (error) {
      throw this.#failureOf(journey, error);
    } finally {
      this.#end(journey);
    }
  }

  status(): readonly LimitStatus[] {
    return this.#pools.used().flatMap((pool) => this.#parts.limiter.status(pool));
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#open === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle.push(resolve);
    await promise;
  }

  async #begin(request: ChatRequest, options: ChatOptions): Promise<Journey> {
    if (this.#closed) throw this.#error("closed", "The client was closed: make a new one.");
    const { clock } = this.#parts;
    const submittedAt = clock.now();
    const startedAt = clock.monotonic();
    // What cannot be sent is refused before it waits.
    const prepared = new WeakRef(this.#prepare(request, options));
    const wrong = wrongOption(options);
    if (wrong !== null) throw this.#error("invalid_request", wrong);
    const scope = new RequestScope(clock, this.#aborts, options.signal, options.deadline);
    this.#open += 1;
    try {
      if (scope.ending !== null) throw endedFailure(this.#context, scope.ending, 0);
      const inputTokens = await this.#tokens.inputTokensOf(request);
      const pool = this.#pools.of(request.model);
      return new Journey({ request, prepared, options, scope, pool, submittedAt, inputTokens, startedAt });
    } catch (error) {
      this.#leave(scope);
      throw error;
    }
  }

  #end(journey: Journey): void {
    this.#waiting.delete(journey);
    this.#leave(journey.scope);
  }

  #leave(scope: RequestScope): void {
    scope.dispose();
    this.#open -= 1;
    if (this.#open === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #queue(journey: Journey): Promise<void> {
    this.#checkGoingOn(journey);
    await this.#tell(journey, { type: "queued", estimatedTokens: journey.inputTokens });
    this.#checkGoingOn(journey);
    this.#waiting.add(journey);
  }

  /** Sends a request that was admitted. Resolves with the answer, or with null where it is to be admitted again. */
  async #use(journey: Journey, reservation: Reservation): Promise<ChatResponse | null> {
    this.#waiting.delete(journey);
    const attempt = await this.#attempt(journey, reservation);
    if (attempt.outcome === "answered") return await this.#finish(journey, attempt);
    const error = attempt.error.withAttempts(journey.attempt);
    const refused = error.code === "rate_limited";
    if (refused) journey.refusals += 1;
    else journey.failures += 1;
    const { refusals, failures } = journey;
    const pause = pauseBefore(this.#policy, refused ? refusals : failures, error.retryAfterMs, this.#parts.random);
    // A date in a far year must not stop the others for good.
    if (refused) this.#parts.limiter.hold(journey.pool, Math.min(pause, this.#policy.maxElapsedMs));
    if (error.code === "overloaded" || error.code === "timeout") this.#parts.limiter.strained(journey.pool);
    // What a key may not do or an account cannot pay, no waiting request can either.
    if (hopelessCodes.has(error.code)) for (const other of this.#waiting) other.scope.giveUp(error);
    await this.#tell(journey, refused ? { type: "refused", error } : { type: "failed", error, charged: attempt.spent === "all" });
    const { startedAt, firstQueuedMs = 0 } = journey;
    const elapsed = this.#parts.clock.monotonic() - startedAt - firstQueuedMs + pause;
    const { maxRefusals, maxAttempts, maxElapsedMs, maxWastedTokens } = this.#policy;
    const spent = journey.wastedTokens >= maxWastedTokens || elapsed > maxElapsedMs;
    const exhausted = spent || refusals >= maxRefusals || failures >= maxAttempts;
    if (exhausted || !error.retryable || journey.scope.ending !== null) throw error;
    await this.#tell(journey, { type: "retried", delayMs: pause, error });
    // The limiter itself waits after a refusal, and the request stands in front of its queue.
    if (!refused) await journey.scope.sleep(pause);
    journey.attempt += 1;
    return null;
  }

  async #attempt(journey: Journey, reservation: Reservation): Promise<Attempt> {
    let attempt: Attempt;
    let toldSent = false;
    let left = false;
    try {
      await this.#tell(journey, { type: "reserved", reservedTokens: reservation.inputTokens + reservation.outputTokens });
      this.#checkGoingOn(journey);
      journey.idempotencyKey ??= journey.options.idempotencyKey ?? randomUUID();
      const { idempotencyKey } = journey;
      await this.#tell(journey, { type: "sent", idempotencyKey });
      toldSent = true;
      this.#checkGoingOn(journey);
      const prepared = journey.prepared.deref() ?? this.#prepare(journey.request, journey.options);
      left = true;
      journey.queuedMs = this.#parts.clock.monotonic() - journey.startedAt;
      journey.firstQueuedMs ??= journey.queuedMs;
      attempt = await this.#sender.send(prepared, journey.scope, idempotencyKey, journey.attempt, journey.options.onStream);
    } catch (error) {
      reservation.settle(left ? "all" : "nothing");
      if (left) await this.#tell(journey, { type: "failed", error: listenerFailure(this.#context, error, journey.attempt), charged: true });
      else if (toldSent && ProviderError.is(error)) await this.#tell(journey, { type: "failed", error, charged: false });
      throw error;
    }
    if (attempt.headers !== null) {
      this.#parts.limiter.learn(journey.pool, limitHeadersOf(attempt.headers, this.#parts.clock.now()));
    }
    if (attempt.outcome === "failed") {
      reservation.settle(attempt.spent);
      if (attempt.spent === "all") journey.wastedTokens += reservation.inputTokens + reservation.outputTokens;
    } else {
      reservation.settle(this.#spentOf(attempt.answer.usage, reservation));
    }
    return attempt;
  }

  /** What an answer cost: as reported, else what was reserved. */
  #spentOf(usage: Usage | null, { inputTokens, outputTokens }: Reservation): Spent {
    if (usage === null) return { requests: 1, inputTokens, outputTokens, reported: false };
    return { requests: 1, inputTokens: this.#transport.chargedInput(usage), outputTokens: usage.outputTokens, reported: true };
  }

  /** What a request fails with: what the limiter refused with is told in the client's terms, all else as it is. */
  #failureOf(journey: Journey, error: unknown): unknown {
    if (!this.#waiting.has(journey)) return error;
    const { scope, attempt } = journey;
    if (scope.ending !== null) return endedFailure(this.#context, scope.ending, attempt - 1);
    if (error instanceof OversizeError) return this.#error("request_exceeds_limit", error.message);
    if (error instanceof LimiterClosedError) return this.#error("closed", error.message);
    return error;
  }

  async #finish(journey: Journey, attempt: Extract<Attempt, { outcome: "answered" }>): Promise<ChatResponse> {
    const { answer, sentAt, firstTokenAt, doneAt } = attempt;
    const response: ChatResponse = {
      provider: this.provider,
      model: answer.model ?? journey.request.model,
      requestId: this.#transport.requestIdOf(attempt.headers) ?? answer.id,
      finishReason: answer.finishReason,
      message: answer.message,
      usage: answer.usage ?? usageOf({}),
      timings: { submittedAt: journey.submittedAt, sentAt, firstTokenAt, doneAt, queuedMs: journey.queuedMs },
      attempts: journey.attempt,
      raw: answer.raw,
    };
    await this.#tell(journey, { type: "done", response });
    return response;
  }

  /** Throws if the request was ended before this attempt was sent. */
  #checkGoingOn({ scope, attempt }: Journey): void {
    if (scope.ending !== null) throw endedFailure(this.#context, scope.ending, attempt - 1);
  }

  #prepare(request: ChatRequest, { onStream }: ChatOptions): PreparedRequest {
    try {
      return this.#transport.prepare(request, onStream !== undefined);
    } catch (error) {
      if (error instanceof UnsendableRequestError) throw this.#error("invalid_request", error.message);
      throw error;
    }
  }

  #error(code: ErrorCode, message: string): ProviderError {
    return new ProviderError({ code, message, provider: this.provider });
  }

  async #tell(journey: Journey, event: EventBody): Promise<void> {
    const told = journey.options.onAttempt?.({ ...event, attempt: journey.attempt, at: this.#parts.clock.now() });
    if (told !== undefined) await told;
  }
}

type EventBody = AttemptEvent extends infer E ? (E extends AttemptEvent ? Omit<E, "attempt" | "at"> : never) : never;
