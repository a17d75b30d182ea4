import type { ChatOptions } from "../contract/chat-client.ts";
import type { ChatRequest } from "../contract/chat-request.ts";
import type { Draw, PoolKey } from "../limits/rate-limiter.ts";
import type { PreparedRequest } from "../wire/transport.ts";
import type { RequestScope } from "./request-scope.ts";

/** One request on its way. What it will draw on its pool is read from it while it waits, so that no more than this is held of it. */
export class Journey implements Draw {
  readonly request: ChatRequest;
  /** The wire's form, made again where the memory for it was needed while the request waited. */
  readonly prepared: WeakRef<PreparedRequest>;
  readonly options: ChatOptions;
  readonly scope: RequestScope;
  readonly pool: PoolKey;
  /** Milliseconds since the epoch. */
  readonly submittedAt: number;
  /** Milliseconds of the monotonic clock. */
  readonly startedAt: number;
  /** As estimated. */
  readonly inputTokens: number;
  /** Made up when first sent. */
  idempotencyKey: string | undefined = undefined;
  /** Milliseconds from submission until the latest attempt left. */
  queuedMs = 0;
  /** Milliseconds from submission until the first attempt left. */
  firstQueuedMs: number | undefined = undefined;
  attempt = 1;
  refusals = 0;
  failures = 0;
  wastedTokens = 0;

  constructor(given: Pick<Journey, "request" | "prepared" | "options" | "scope" | "pool" | "submittedAt" | "startedAt" | "inputTokens">) {
    this.request = given.request;
    this.prepared = given.prepared;
    this.options = given.options;
    this.scope = given.scope;
    this.pool = given.pool;
    this.submittedAt = given.submittedAt;
    this.startedAt = given.startedAt;
    this.inputTokens = given.inputTokens;
  }

  get maxOutputTokens(): number {
    return this.request.maxTokens;
  }

  get run(): string | undefined {
    return this.options.run;
  }

  get priority(): number | undefined {
    return this.options.priority;
  }

  get front(): boolean {
    return this.attempt > 1;
  }

  get cancellation(): RequestScope {
    return this.scope;
  }
}
