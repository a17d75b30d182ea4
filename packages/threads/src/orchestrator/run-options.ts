import type { ChatClient, Clock } from "@minference/clients";
import type { EntityRegistry, JsonValue } from "@minference/ecs";
import type { Budget } from "../budget/budget.ts";
import type { PriceTable } from "../budget/price-table.ts";
import type { OnDoubt } from "../ledger/doubt.ts";
import type { TelemetryOptions } from "../telemetry/run-telemetry.ts";
import type { ChatThread } from "../thread/chat-thread.ts";
import type { CallableRegistry } from "../tools/callable-registry.ts";
import type { AskApproval } from "./decide-tool-call.ts";
import type { RunEvent } from "./run-event.ts";
import type { StopCondition } from "./stop-condition.ts";

/** What an orchestrator works with. */
export interface OrchestratorOptions {
  /** Where every step is stored. */
  readonly registry: EntityRegistry;
  /** Clients by the names that configurations use; their limits are the only bound on how much runs at once. */
  readonly clients: Readonly<Record<string, ChatClient>>;
  /** The functions behind the tools. */
  readonly callables?: CallableRegistry | undefined;
  /** The model for configurations that name none, by client. */
  readonly defaultModels?: Readonly<Record<string, string>> | undefined;
  /** The most requests a thread may send in one run. Default 10. */
  readonly maxSteps?: number | undefined;
  /** How often an answer that is to be an object, and is none that fits, is shown to the model to be corrected. Default 2. */
  readonly maxRepairs?: number | undefined;
  /** What models cost; it is stored with every answer. Default `listPrices`. */
  readonly prices?: PriceTable | undefined;
  /** What OpenTelemetry is told of runs, in its conventions for generative AI. */
  readonly telemetry?: TelemetryOptions | undefined;
  /** How long a tool without a limit of its own may run, in milliseconds. Default 60 000. */
  readonly toolTimeoutMs?: number | undefined;
  /**
   * Whether it is written down, before anything is sent, which threads were handed in and how far each is, so that `resume` can go on after a crash. Default: where the store outlives the process.
   */
  readonly ledger?: boolean | undefined;
  readonly clock?: Clock | undefined;
}

/** How one run is carried out. */
export interface RunOptions {
  /** Ends all threads of the run at once; what is done stays stored. */
  readonly signal?: AbortSignal | undefined;
  /** Names the run for people, and for its clients, which serve runs on one key fairly. Several runs may have one name: `usageOf` sums them up by it. */
  readonly run?: string | undefined;
  /** What is to be found beside the run in the ledger. */
  readonly metadata?: JsonValue | undefined;
  /** Told the id of the run, which `resume` takes, once the run and its threads are stored and before anything is sent. */
  readonly onRunStored?: ((runId: string) => void) | undefined;
  /** Asked about tool calls that need approval. Without it they wait, and their threads end with `awaiting_approval`. */
  readonly askApproval?: AskApproval | undefined;
  /** What the run may spend; threads that would spend more fail with `budget_exceeded`, the others go on. */
  readonly budget?: Budget | undefined;
  /** Overrides the orchestrator's. */
  readonly maxSteps?: number | undefined;
  /**
   * What becomes of a thread whose version is not the last any more: `reject` (the default) fails it before anything is
   * sent, `branch` goes on from it as a branch. What was paid for is always kept, as a branch if need be.
   */
  readonly onConflict?: "reject" | "branch" | undefined;
  /**
   * What is done about calls of tools that are not idempotent that were begun and have no result, and when a run is resumed about requests that
   * were sent and have no stored answer: `ask` (the default) ends their threads with `in_doubt`, `retry` does them once more, `fail` lets
   * their threads fail. Or a function decides.
   */
  readonly onDoubt?: OnDoubt | undefined;
  /**
   * Whether `onEvent` is told of answers piece by piece while they are written, for all threads or for some. What is stored is the same: the
   * whole answer, or nothing of one that was cut off. Default false.
   */
  readonly stream?: boolean | ((thread: ChatThread) => boolean) | undefined;
  /** Told what happens, while it happens; not awaited. If it throws for a thread, or gives a promise that rejects, that thread ends after its step with `event_handler`. */
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
}

/** How threads are taken to a goal. */
export interface RunUntilOptions extends RunOptions {
  /** What is said to a model that ended its turn before the goal; without it, or with null, the thread fails with `goal_missed`. */
  readonly nudge?: string | ((thread: ChatThread) => string | null) | undefined;
}

/** How a run is gone on with. What is not given is as it was. */
export interface ResumeOptions extends Omit<RunUntilOptions, "run" | "metadata" | "onRunStored"> {
  /** The condition of a run that was begun with `runUntil`. */
  readonly until?: StopCondition | undefined;
  /** Which failed threads are run again: those that may fare better unchanged (the default), or all. */
  readonly failed?: "retryable" | "all" | undefined;
}
