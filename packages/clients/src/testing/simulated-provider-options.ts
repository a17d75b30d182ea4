import type { ProviderName } from "../contract/provider-name.ts";
import type { SimulatedScript } from "./simulated-model.ts";

/** How many seconds' worth a simulated bucket holds unless told otherwise. */
export const defaultSimulatedBurstSeconds = 2;

/** What the simulated provider enforces, by token buckets that refill continuously. What is left out is not limited. */
export interface SimulatedLimits {
  readonly requestsPerMinute: number;
  /** Input and output together. */
  readonly tokensPerMinute?: number | undefined;
  readonly inputTokensPerMinute?: number | undefined;
  readonly outputTokensPerMinute?: number | undefined;
  /**
   * How many seconds' worth can be saved up. Default 2: strict, as a provider that enforces its limits over short spans. A request of more than that is
   * admitted once all is saved up.
   */
  readonly burstSeconds?: number | undefined;
}

/** How long answers take: log-normal, in milliseconds. */
export interface SimulatedLatency {
  readonly medianMs: number;
  /** Standard deviation of the logarithm; 0 makes all answers equally slow. Default 0.4. */
  readonly sigma?: number | undefined;
}

/** What can be made to go wrong with a request. The first four cost nothing; the others are charged as if answered. */
export type SimulatedFaultKind =
  | "rate_limited"
  | "overloaded"
  | "server_error"
  | "html_bad_gateway"
  | "empty_body"
  | "connection_reset"
  | "stall"
  | "malformed_json"
  | "malformed_tool_arguments"
  | StreamFaultKind;

/** What can go wrong in the middle of a streamed answer; answers that are not streamed have none of it. */
export type StreamFaultKind =
  /** The connection breaks after half of the stream. */
  | "stream_cut"
  /** The stream ends in order after half of it. */
  | "stream_short"
  /** Half of the stream comes, then nothing. */
  | "stream_stall"
  /** The provider tells in the middle that it is overloaded. */
  | "stream_error"
  /** An event in the middle is not JSON. */
  | "stream_garbage"
  /** All comes, a byte at a time: no fault, but what a network may do. */
  | "stream_split";

/** A fault, with the value of a `retry-after` header where it is to have one. */
export type SimulatedFault = SimulatedFaultKind | { readonly kind: SimulatedFaultKind; readonly retryAfter: string };

/** Decides by the number of a received request (from 0) whether it fails, and how. */
export type SimulatedFaultPlan = (received: number) => SimulatedFault | undefined;

/** How to start a simulated provider. */
export interface SimulatedProviderOptions {
  readonly script: SimulatedScript;
  /** Models that exist; any other name is refused with 404. Default: every name exists. */
  readonly models?: readonly string[] | undefined;
  /** No limits when absent. */
  readonly limits?: SimulatedLimits | undefined;
  /** Answers come at once when absent. */
  readonly latency?: SimulatedLatency | undefined;
  /** Makes latencies repeatable. Default 1. */
  readonly seed?: number | undefined;
  /** Keys that are accepted; any non-empty key when absent. */
  readonly apiKeys?: readonly string[] | undefined;
  readonly faults?: SimulatedFaultPlan | undefined;
  /** Default 0: any free port. */
  readonly port?: number | undefined;
}

/** What the server itself counted. */
export interface SimulatedCounts {
  readonly received: number;
  /** Admitted by the limits and answered with 200. */
  readonly answered: number;
  /** Refused with 429 for requests or tokens a minute. */
  readonly refused: number;
  /** Answers by HTTP status. */
  readonly byStatus: Readonly<Record<number, number>>;
  /** Requests that were answered with 200 more than once, by idempotency key or, without one, by body. */
  readonly duplicates: number;
  /** Connections closed by the client before the answer. */
  readonly abandoned: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly maxConcurrent: number;
  /** Milliseconds from the first request to the last answer. */
  readonly elapsedMs: number;
}

/** One answered request, for computing the best time possible. */
export interface SimulatedRecord {
  /** Input and output together. */
  readonly tokens: number;
  /** Of the tokens, those that were written. Default 0: needed only where output is limited apart. */
  readonly outputTokens?: number | undefined;
  readonly latencyMs: number;
}

/** A running simulated provider. */
export interface SimulatedProvider extends AsyncDisposable {
  /** Where a provider is played, by its own rules: Azure's paths and headers, what vLLM and LiteLLM take beyond OpenAI. */
  baseUrlOf(provider: ProviderName): string;
  /** The base URL for `openai` clients, ending in `/v1`. */
  readonly openaiBaseUrl: string;
  /** The base URL for `anthropic` clients. */
  readonly anthropicBaseUrl: string;
  readonly port: number;
  counts(): SimulatedCounts;
  records(): readonly SimulatedRecord[];
  /** How often each request was answered with 200, by its idempotency key or, without one, by the SHA-256 of its body. */
  answersByKey(): ReadonlyMap<string, number>;
  /** The best time in milliseconds in which the limits allow what was answered so far; null without limits. */
  optimumMs(): number | null;
  /** The optimum over the time taken; valid only with nothing refused, lost or duplicated. Null without limits. */
  utilisation(): number | null;
  /** Closes the server and every connection. */
  close(): Promise<void>;
}
