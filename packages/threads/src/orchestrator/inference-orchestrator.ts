import { type ChatClient, type Clock, systemClock } from "@minference/clients";
import type { Entity, EntityRegistry } from "@minference/ecs";

import type { Budget } from "../budget/budget.ts";
import { listPrices } from "../budget/list-prices.ts";
import type { PriceTable } from "../budget/price-table.ts";
import { ThreadError } from "../errors/thread-error.ts";
import type { ChatThread } from "../thread/chat-thread.ts";
import { CallableRegistry } from "../tools/callable-registry.ts";
import { JsonSchemaValidator } from "../tools/json-schema-validator.ts";
import type { Outcome } from "./outcome.ts";
import { outcomesAsTheyCome } from "./outcomes-as-they-come.ts";
import type { Goal, RunEnvironment } from "./run-environment.ts";
import type { RunEvent } from "./run-event.ts";
import type { StopCondition } from "./stop-condition.ts";
import { ThreadRun } from "./thread-run.ts";

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
  /** What models cost; it is stored with every answer. Default {@link listPrices}. */
  readonly prices?: PriceTable | undefined;
  /** How long a tool without a limit of its own may run, in milliseconds. Default 60 000. */
  readonly toolTimeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** How one run is carried out. */
export interface RunOptions {
  /** Ends all threads of the run at once; what is done stays stored. */
  readonly signal?: AbortSignal | undefined;
  /** Names the run for its clients, which serve runs on one key fairly. */
  readonly run?: string | undefined;
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
   * Whether `onEvent` is told of answers piece by piece while they are written, for all threads or for some. What is stored is the same: the
   * whole answer, or nothing of one that was cut off. Default false.
   */
  readonly stream?: boolean | ((thread: ChatThread) => boolean) | undefined;
  /** Told what happens, while it happens; not awaited. If it throws for a thread, that thread ends after its step with `event_handler`. */
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
}

/** How threads are taken to a goal. */
export interface RunUntilOptions extends RunOptions {
  /** What is said to a model that ended its turn before the goal; without it, or with null, the thread fails with `goal_missed`. */
  readonly nudge?: string | ((thread: ChatThread) => string | null) | undefined;
}

/** Runs threads in parallel: each to its own end, each step stored, one outcome a thread. */
export class InferenceOrchestrator {
  readonly #options: OrchestratorOptions;
  readonly #clients: ReadonlyMap<string, ChatClient>;
  readonly #defaultModels: ReadonlyMap<string, string>;
  readonly #callables: CallableRegistry;
  readonly #validator = new JsonSchemaValidator();
  readonly #running = new Set<ChatThread>();

  /** Throws `invalid_config` for limits that are no positive numbers. */
  constructor(options: OrchestratorOptions) {
    this.#options = options;
    this.#clients = new Map(Object.entries(options.clients));
    this.#defaultModels = new Map(Object.entries(options.defaultModels ?? {}));
    this.#callables = options.callables ?? new CallableRegistry({ clock: options.clock });
    positiveInteger("maxSteps", options.maxSteps ?? 1);
    const { maxRepairs = 0 } = options;
    if (!Number.isInteger(maxRepairs) || maxRepairs < 0)
      throw new ThreadError("invalid_config", `maxRepairs has to be a whole number of at least 0, not ${maxRepairs}`);
    if (!((options.toolTimeoutMs ?? 1) > 0))
      throw new ThreadError("invalid_config", `toolTimeoutMs has to be more than 0, not ${options.toolTimeoutMs}`);
  }

  /**
   * Takes each thread through one turn: its new message, the model's answer, tool calls and their results, until the model
   * answers without a call. Resolves with one outcome a thread, in order, whatever happens to any of them. Rejects only
   * when a thread is given twice or is still running (`duplicate_thread`), before anything is sent.
   */
  async runParallel(threads: readonly ChatThread[], options: RunOptions = {}): Promise<Outcome[]> {
    return Promise.all(await this.#start(threads, this.#environment(options, null)));
  }

  /**
   * As {@link runParallel}, but gives each outcome as soon as it is there; `index` tells whose it is. Leaving the loop early calls off the
   * threads that are not done, and waits until they have ended. The first step throws what `runParallel` rejects with.
   */
  async *run(threads: readonly ChatThread[], options: RunOptions = {}): AsyncGenerator<Outcome, void, undefined> {
    const left = new AbortController();
    const signal = options.signal === undefined ? left.signal : AbortSignal.any([options.signal, left.signal]);
    const outcomes = await this.#start(threads, this.#environment({ ...options, signal }, null));
    try {
      yield* outcomesAsTheyCome(outcomes);
    } finally {
      left.abort(new ThreadError("cancelled", "the loop over the outcomes was left"));
      await Promise.all(outcomes);
    }
  }

  /**
   * Takes each thread on, turn after turn, until the condition holds after one of its steps: a goal tool ran, a predicate on the thread is
   * true. A model that ends its turn before is told `nudge`. Outcomes and rejections are those of {@link runParallel}; a thread whose
   * condition does not hold within `maxSteps` requests fails with `step_limit`, and running it again goes on.
   */
  async runUntil(threads: readonly ChatThread[], stop: StopCondition, options: RunUntilOptions = {}): Promise<Outcome[]> {
    const { nudge = null, ...rest } = options;
    const goal: Goal = { stop, nudge: typeof nudge === "function" ? nudge : () => nudge };
    return Promise.all(await this.#start(threads, this.#environment(rest, goal)));
  }

  /** Starts all threads; each promise is fulfilled with the thread's outcome. */
  async #start(threads: readonly ChatThread[], environment: RunEnvironment): Promise<readonly Promise<Outcome>[]> {
    this.#refuseDuplicates(threads);
    for (const thread of threads) this.#running.add(thread);
    if (environment.signal?.aborted !== true) await this.#storeShared(threads);
    return threads.map((thread, index) => new ThreadRun(thread, index, environment).run().finally(() => this.#running.delete(thread)));
  }

  #environment(options: RunOptions, until: Goal | null): RunEnvironment {
    const { clock = systemClock, maxRepairs = 2, maxSteps = 10, prices = listPrices, registry, toolTimeoutMs = 60_000 } = this.#options;
    const { budget = null, onConflict = "reject", onEvent, run, signal, stream = false } = options;
    return {
      registry,
      clients: this.#clients,
      callables: this.#callables,
      validator: this.#validator,
      defaultModels: this.#defaultModels,
      clock,
      maxSteps: positiveInteger("maxSteps", options.maxSteps ?? maxSteps),
      maxRepairs,
      until,
      toolTimeoutMs,
      signal,
      run,
      runId: run ?? null,
      prices,
      budget,
      onConflict,
      streams: typeof stream === "function" ? stream : () => stream,
      onEvent,
    };
  }

  #refuseDuplicates(threads: readonly ChatThread[]): void {
    const seen = new Map<ChatThread, number>();
    for (const [index, thread] of threads.entries()) {
      const first = seen.get(thread);
      if (first !== undefined)
        throw new ThreadError("duplicate_thread", `threads ${first} and ${index} are the same object: load a copy, or run it once`);
      if (this.#running.has(thread))
        throw new ThreadError("duplicate_thread", `thread ${index} is still running: wait for its outcome first`);
      seen.set(thread, index);
    }
  }

  /**
   * Stores new prompts, configurations and tools that several threads hold on their own first, so that no thread's commit
   * depends on another's. What cannot be stored is left to the threads, whose outcomes then say why.
   */
  async #storeShared(threads: readonly ChatThread[]): Promise<void> {
    const holders = new Map<Entity, number>();
    for (const thread of threads) {
      for (const part of [thread.systemPrompt, thread.llmConfig, ...thread.allTools]) {
        if (part !== null) holders.set(part, (holders.get(part) ?? 0) + 1);
      }
    }
    const shared = [...holders].filter(([part, count]) => count > 1 && part.hasModifications()).map(([part]) => part);
    await Promise.allSettled(
      shared.map((part) => this.#options.registry.register(part, { onConflict: "branch", message: "shared settings" })),
    );
  }
}

function positiveInteger(name: string, value: number): number {
  if (!Number.isInteger(value) || value < 1)
    throw new ThreadError("invalid_config", `${name} has to be a whole number of at least 1, not ${value}`);
  return value;
}
