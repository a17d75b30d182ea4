import { type AttemptEvent, type ChatRequest, type ChatResponse, type Clock, ProviderError, type ProviderName } from "@minference/clients";
import {
  type Attributes,
  type Context,
  context,
  INVALID_TRACEID,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import { ThreadError } from "../errors/thread-error.ts";
import type { Outcome } from "../orchestrator/outcome.ts";
import type { ToolCallOutcome } from "../tools/tool-call-outcome.ts";
import { conventionalProvider } from "./conventional-provider.ts";
import type { Instruments } from "./instruments.ts";
import { answeredContent, askedContent } from "./recorded-content.ts";

/** What spans are recorded with. */
export interface Recording {
  readonly tracer: Tracer;
  readonly instruments: Instruments;
  /** Whether what was said is recorded. */
  readonly content: boolean;
  readonly clock: Clock;
}

/** A request that is to be recorded. */
export interface RecordedRequest {
  readonly provider: ProviderName;
  readonly request: ChatRequest;
  /** The thread's `lineageId`. */
  readonly conversation: string;
  readonly streaming: boolean;
}

function errorType(error: unknown): string {
  if (ProviderError.is(error) || ThreadError.is(error)) return error.code;
  return error instanceof Error ? error.name : "_OTHER";
}

/** The span of a thread's turn, and those of its requests and tool calls within it. */
export class ThreadSpan {
  readonly #span: Span;
  readonly #context: Context;
  readonly #agent: string;
  readonly #recording: Recording;
  readonly #startedAt: number;
  /** False without an SDK: then its requests and calls have no spans, and nothing is put together for them. */
  readonly #isTraced: boolean;

  constructor(span: Span, within: Context, agent: string, recording: Recording) {
    this.#span = span;
    this.#context = within;
    this.#agent = agent;
    this.#recording = recording;
    this.#startedAt = recording.clock.monotonic();
    this.#isTraced = span.spanContext().traceId !== INVALID_TRACEID;
  }

  /** Runs something within the span, so that what it begins stands below it. */
  within<T>(run: () => Promise<T>): Promise<T> {
    return this.#isTraced ? context.with(this.#context, run) : run();
  }

  /** Ends the span with what became of the thread. */
  end(outcome: Outcome): void {
    const failure = outcome.status === "failed" ? outcome.error.code : outcome.status === "completed" ? null : outcome.status;
    const failed = failure === null ? {} : { "error.type": failure };
    this.#span.setAttributes({ "minference.outcome": outcome.status, ...failed });
    if (outcome.status === "failed") this.#span.setStatus({ code: SpanStatusCode.ERROR, message: failure ?? "" });
    this.#span.end();
    this.#recording.instruments.agentDuration.record(this.#since(this.#startedAt), { ...this.#named, ...failed });
  }

  /**
   * Records a request as `chat MODEL`, repetitions and waiting included. The duration that is measured is that from when it first left; one that never
   * left, or was answered from what was kept, is not measured. `send` hands on what it is told of its attempts.
   */
  async chat(recorded: RecordedRequest, send: (tell: (event: AttemptEvent) => void) => Promise<ChatResponse>): Promise<ChatResponse> {
    const { clock, content, instruments } = this.#recording;
    const { conversation, provider, request, streaming } = recorded;
    const common: Attributes = {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": conventionalProvider(provider),
      "gen_ai.request.model": request.model,
    };
    const span = this.#child(`chat ${request.model}`, SpanKind.CLIENT, () => ({
      ...common,
      ...requestAttributes(request, conversation, streaming),
      ...(content ? askedContent(request) : {}),
    }));
    let sentAt: number | null = null;
    const tell = (event: AttemptEvent): void => {
      if (event.type === "sent") sentAt ??= clock.monotonic();
    };
    let ended: Attributes = {};
    try {
      const response = await this.#below(span, () => send(tell));
      ended = { "gen_ai.response.model": response.model };
      span?.setAttributes({ ...answerAttributes(response), ...(content ? answeredContent(response) : {}) });
      this.#measureAnswer(response, { ...common, ...ended });
      return response;
    } catch (error) {
      ended = { "error.type": errorType(error) };
      span?.setAttributes(ended);
      span?.setStatus({ code: SpanStatusCode.ERROR, message: errorType(error) });
      throw error;
    } finally {
      if (sentAt !== null) instruments.requestDuration.record(this.#since(sentAt), { ...common, ...ended });
      span?.end();
    }
  }

  /** Records a tool call as `execute_tool NAME`. */
  async tool(call: ToolCallOutcome["call"], run: () => Promise<ToolCallOutcome>): Promise<ToolCallOutcome> {
    const { clock, content, instruments } = this.#recording;
    const span = this.#child(`execute_tool ${call.name}`, SpanKind.INTERNAL, () => ({
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": call.name,
      "gen_ai.tool.call.id": call.id,
      "gen_ai.tool.type": "function",
      ...(content ? { "gen_ai.tool.call.arguments": call.argumentsText } : {}),
    }));
    const startedAt = clock.monotonic();
    let failed: Attributes = {};
    try {
      const outcome = await this.#below(span, run);
      if (content) span?.setAttribute("gen_ai.tool.call.result", outcome.content);
      if (outcome.errorCode !== null) failed = { "error.type": outcome.errorCode };
      return outcome;
    } catch (error) {
      failed = { "error.type": errorType(error) };
      throw error;
    } finally {
      span?.setAttributes(failed);
      if ("error.type" in failed) span?.setStatus({ code: SpanStatusCode.ERROR, message: String(failed["error.type"]) });
      instruments.toolDuration.record(this.#since(startedAt), { "gen_ai.tool.name": call.name, ...this.#named, ...failed });
      span?.end();
    }
  }

  get #named(): Attributes {
    return this.#agent === "" ? {} : { "gen_ai.agent.name": this.#agent };
  }

  #child(name: string, kind: SpanKind, attributes: () => Attributes): Span | null {
    if (!this.#isTraced) return null;
    return this.#recording.tracer.startSpan(name, { kind, attributes: { ...attributes(), ...this.#named } }, this.#context);
  }

  #below<T>(span: Span | null, run: () => Promise<T>): Promise<T> {
    return span === null ? run() : context.with(trace.setSpan(this.#context, span), run);
  }

  /** Seconds since an instant of the clock. */
  #since(instant: number): number {
    return (this.#recording.clock.monotonic() - instant) / 1000;
  }

  #measureAnswer({ attempts, timings, usage }: ChatResponse, attributes: Attributes): void {
    if (attempts === 0) return;
    const { timeToFirstChunk, tokens } = this.#recording.instruments;
    tokens.record(usage.inputTokens, { ...attributes, "gen_ai.token.type": "input" });
    tokens.record(usage.outputTokens, { ...attributes, "gen_ai.token.type": "output" });
    if (timings.firstTokenAt != null) timeToFirstChunk.record((timings.firstTokenAt - timings.sentAt) / 1000, attributes);
  }
}

function requestAttributes(request: ChatRequest, conversation: string, streaming: boolean): Attributes {
  const { maxTokens, responseFormat, seed, stop, temperature, topP } = request;
  return {
    "gen_ai.conversation.id": conversation,
    "gen_ai.request.max_tokens": maxTokens,
    "gen_ai.output.type": responseFormat === undefined || responseFormat.type === "text" ? "text" : "json",
    ...(streaming ? { "gen_ai.request.stream": true } : {}),
    ...(temperature === undefined ? {} : { "gen_ai.request.temperature": temperature }),
    ...(topP === undefined ? {} : { "gen_ai.request.top_p": topP }),
    ...(seed === undefined ? {} : { "gen_ai.request.seed": seed }),
    ...(stop === undefined ? {} : { "gen_ai.request.stop_sequences": [...stop] }),
  };
}

function answerAttributes({ attempts, finishReason, model, requestId, timings, usage }: ChatResponse): Attributes {
  const { firstTokenAt, sentAt } = timings;
  return {
    "gen_ai.response.model": model,
    "gen_ai.response.finish_reasons": [finishReason],
    ...(requestId === null ? {} : { "gen_ai.response.id": requestId }),
    ...(firstTokenAt == null ? {} : { "gen_ai.response.time_to_first_chunk": (firstTokenAt - sentAt) / 1000 }),
    "gen_ai.usage.input_tokens": usage.inputTokens,
    "gen_ai.usage.output_tokens": usage.outputTokens,
    "gen_ai.usage.cache_read.input_tokens": usage.cacheReadTokens,
    "gen_ai.usage.cache_creation.input_tokens": usage.cacheWriteTokens,
    ...(usage.reasoningTokens === 0 ? {} : { "gen_ai.usage.reasoning.output_tokens": usage.reasoningTokens }),
    "minference.attempts": attempts,
    "minference.queued": timings.queuedMs / 1000,
  };
}
