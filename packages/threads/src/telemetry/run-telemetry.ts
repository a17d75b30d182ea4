import { type Clock, type ProviderName, systemClock } from "@minference/clients";
import {
  type Attributes,
  context,
  type MeterProvider,
  metrics,
  SpanKind,
  trace,
  type Tracer,
  type TracerProvider,
} from "@opentelemetry/api";
import type { ChatThread } from "../thread/chat-thread.ts";
import { conventionalProvider } from "./conventional-provider.ts";
import { type Instruments, instrumentsOf } from "./instruments.ts";
import { ThreadSpan } from "./thread-span.ts";

/** What is told to OpenTelemetry, and where. */
export interface TelemetryOptions {
  /** Whether spans carry what was said: messages, instructions, arguments and results of tools. Default false. */
  readonly content?: boolean | undefined;
  /** Default: the one that the application has set for the process; without one nothing is recorded. */
  readonly tracerProvider?: TracerProvider | undefined;
  readonly meterProvider?: MeterProvider | undefined;
}

const scope = "@minference/threads";

/** Records runs as spans and metrics in OpenTelemetry's conventions for generative AI. Costs next to nothing where no SDK is set up. */
export class RunTelemetry {
  readonly #tracer: Tracer;
  readonly #instruments: Instruments;
  readonly #content: boolean;
  readonly #clock: Clock;

  constructor(options: TelemetryOptions = {}, clock: Clock = systemClock) {
    this.#tracer = (options.tracerProvider ?? trace).getTracer(scope);
    this.#instruments = instrumentsOf((options.meterProvider ?? metrics).getMeter(scope));
    this.#content = options.content ?? false;
    this.#clock = clock;
  }

  /** Begins the span of a thread's turn, within the span that is active. The name of the system prompt is that of the agent. */
  begin(thread: ChatThread, provider: ProviderName | null): ThreadSpan {
    const { lineageId, llmConfig, systemPrompt } = thread;
    const agent = systemPrompt?.name ?? "";
    const attributes: Attributes = {
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.conversation.id": lineageId,
      ...(provider === null ? {} : { "gen_ai.provider.name": conventionalProvider(provider) }),
      ...(agent === "" ? {} : { "gen_ai.agent.name": agent }),
      ...(llmConfig.model === null ? {} : { "gen_ai.request.model": llmConfig.model }),
    };
    const parent = context.active();
    const name = agent === "" ? "invoke_agent" : `invoke_agent ${agent}`;
    const span = this.#tracer.startSpan(name, { kind: SpanKind.INTERNAL, attributes }, parent);
    return new ThreadSpan(span, trace.setSpan(parent, span), agent, {
      tracer: this.#tracer,
      instruments: this.#instruments,
      content: this.#content,
      clock: this.#clock,
    });
  }
}
