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
import { redactJson } from "../errors/redact.ts";
import { answerKey, plainRequest } from "./answer-key.ts";
import type { KeptAnswer, KeptAnswers } from "./answer-store.ts";

/** Answers from what was kept where it may, without limits and without HTTP; asks the client behind it for the rest. */
export class KeepingChatClient implements ChatClient {
  readonly provider: ProviderName;
  readonly #client: ChatClient;
  readonly #kept: KeptAnswers;
  readonly #secrets: readonly string[];
  readonly #clock: Clock;
  #closed = false;

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
    const { mode, store } = this.#kept;
    const plain = plainRequest(request);
    const key = answerKey(this.provider, plain);
    const answer = mode === "record" ? null : await store.read(key);
    if (answer !== null) return await this.#tell(this.#responseOf(answer, request), options);
    if (mode === "replay") {
      throw this.#error("invalid_request", `No answer was recorded for this request (${key}): record it first.`);
    }
    const response = await this.#client.chat(request, options);
    const complete = response.finishReason === "stop" || response.finishReason === "tool_calls";
    if (mode === "record" || complete) await store.write(key, this.#keptOf(response, plain));
    return response;
  }

  status(): readonly LimitStatus[] {
    return this.#client.status();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client.close();
  }

  #keptOf({ provider, model, requestId, raw }: ChatResponse, request: JsonObject): KeptAnswer {
    const clean = { raw: redactJson(raw, this.#secrets), request: redactJson(request, this.#secrets) };
    return { provider, model, requestId, ...clean };
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

  #error(code: ErrorCode, message: string): ProviderError {
    return new ProviderError({ code, message, provider: this.provider });
  }
}
