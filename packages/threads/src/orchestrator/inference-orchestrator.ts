import { type ChatClient, systemClock } from "@minference/clients";
import type { Entity, EntityRegistry } from "@minference/ecs";
import { Budget } from "../budget/budget.ts";
import { listPrices } from "../budget/list-prices.ts";
import { LLMConfig } from "../config/llm-config.ts";
import { oneOf, shown, wholeNumber } from "../errors/check-options.ts";
import { ThreadError } from "../errors/thread-error.ts";
import { doubtPolicies } from "../ledger/doubt.ts";
import type { LedgerEntry } from "../ledger/ledger-entry.ts";
import { type OpenedRun, RunLedger } from "../ledger/run-ledger.ts";
import { RunTelemetry } from "../telemetry/run-telemetry.ts";
import { ChatThread } from "../thread/chat-thread.ts";
import { CallableRegistry } from "../tools/callable-registry.ts";
import { JsonSchemaValidator } from "../tools/json-schema-validator.ts";
import type { Outcome } from "./outcome.ts";
import { outcomesAsTheyCome } from "./outcomes-as-they-come.ts";
import type { Goal, RunEnvironment } from "./run-environment.ts";
import type { OrchestratorOptions, ResumeOptions, RunOptions, RunUntilOptions } from "./run-options.ts";
import { sayAhead } from "./say-new-message.ts";
import type { StopCondition } from "./stop-condition.ts";
import { type Standing, ThreadRun } from "./thread-run.ts";

/** Runs threads in parallel: each to its own end, each step stored, one outcome a thread. */
export class InferenceOrchestrator {
  readonly #options: OrchestratorOptions;
  readonly #clients: ReadonlyMap<string, ChatClient>;
  readonly #defaultModels: ReadonlyMap<string, string>;
  readonly #callables: CallableRegistry;
  readonly #telemetry: RunTelemetry;
  readonly #validator = new JsonSchemaValidator();
  readonly #running = new Set<ChatThread>();
  readonly #runs = new Set<string>();
  readonly #ledger: RunLedger;
  readonly #keepsLedger: boolean;

  /** Throws `invalid_config` for limits that are no positive numbers. */
  constructor(options: OrchestratorOptions) {
    this.#options = options;
    this.#clients = new Map(Object.entries(options.clients));
    this.#defaultModels = new Map(Object.entries(options.defaultModels ?? {}));
    this.#telemetry = new RunTelemetry(options.telemetry, options.clock);
    this.#callables = options.callables ?? new CallableRegistry({ clock: options.clock });
    this.#ledger = new RunLedger(options.registry, options.clock ?? systemClock);
    this.#keepsLedger = options.ledger ?? options.registry.storage.capabilities.durable;
    wholeNumber("maxSteps", options.maxSteps ?? 1);
    wholeNumber("maxRepairs", options.maxRepairs ?? 0, "invalid_config", 0);
    if (!((options.toolTimeoutMs ?? 1) > 0))
      throw new ThreadError("invalid_config", `toolTimeoutMs has to be more than 0, not ${options.toolTimeoutMs}`);
  }

  /** Where every step is stored. */
  get registry(): EntityRegistry {
    return this.#options.registry;
  }

  /**
   * Takes each thread through one turn: its new message, the model's answer, tool calls and their results, until the model
   * answers without a call. Resolves with one outcome a thread, in order, whatever happens to any of them. Rejects only
   * when a thread is given twice or is still running (`duplicate_thread`), something given is no thread (`invalid_thread`), or an option is
   * not as it has to be (`invalid_config`), before anything is stored or sent.
   */
  async runParallel(threads: readonly ChatThread[], options: RunOptions = {}): Promise<Outcome[]> {
    return Promise.all(await this.#start(threads, this.#environment(options, null), options));
  }

  /**
   * As {@link runParallel}, but gives each outcome as soon as it is there; `index` tells whose it is. Leaving the loop early calls off the
   * threads that are not done, and waits until they have ended. The first step throws what `runParallel` rejects with.
   */
  async *run(threads: readonly ChatThread[], options: RunOptions = {}): AsyncGenerator<Outcome, void, undefined> {
    const left = new AbortController();
    const signal = options.signal === undefined ? left.signal : AbortSignal.any([options.signal, left.signal]);
    const outcomes = await this.#start(threads, this.#environment({ ...options, signal }, null), options);
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
    const { nudge, ...rest } = options;
    const goal = goalOf(stop, nudge);
    return Promise.all(await this.#start(threads, this.#environment(rest, goal), rest));
  }

  /**
   * Goes on with a run that was broken off, by a crash or called off, in whatever process: threads that have their outcome keep it, all others
   * are taken on where they were last stored. No answer that was stored is asked for again; what was under way is in doubt. Resolves with
   * one outcome a thread, in order, with all its outputs; a thread that can't be loaded, for it was never stored or something of it was redacted, has
   * failed with `missing_thread`, and an empty one stands for it. Rejects with `unknown_run`, with `run_taken` when this
   * orchestrator still works on the run or another process takes it over at the same moment, and with `invalid_config` for a run to a goal
   * without `until`. A process that still works on the run ends with `taken_over` at the next step of each thread.
   */
  async resume(runId: string, options: ResumeOptions = {}): Promise<Outcome[]> {
    const { failed = "retryable", nudge, until, ...rest } = options;
    oneOf("failed", failed, ["retryable", "all"]);
    const stored = await this.#ledger.find(runId);
    const { run } = stored;
    if (run.until === "goal" && until === undefined)
      throw new ThreadError("invalid_config", `the run ${runId} goes on until a condition holds: give until`);
    if (this.#runs.has(run.lineageId)) throw new ThreadError("run_taken", `the run ${runId} is still under way: wait for its outcomes`);
    this.#runs.add(run.lineageId);
    try {
      const goal = until === undefined ? null : goalOf(until, nudge);
      const { maxSteps = run.maxSteps, onConflict = run.onConflict } = rest;
      const settings = { ...rest, maxSteps, onConflict, run: run.name ?? undefined };
      const environment = { ...this.#environment(settings, goal), runId: run.lineageId };
      const places = await this.#ledger.claim(stored);
      const open = places.flatMap((place) => ("refused" in place || !isOpen(place, failed) ? [] : place));
      const taken = await this.#ledger.takeOver(open, stored.claim.number);
      const standings = new Map(open.map((entry, index) => [entry, taken[index]]));
      const outcomes = places.map((place, index): Promise<Outcome> => {
        if ("refused" in place) return this.#go(noThread(), index, environment, nowhere(place.refused));
        const standing = standings.get(place);
        if (standing === undefined) return this.#go(place.thread, index, environment, { at: "end", entry: place });
        if ("refused" in standing) return this.#go(place.thread, index, environment, nowhere(standing.refused));
        const at = standing.status === "completed" ? "end" : "break";
        return this.#go(standing.thread, index, environment, { at, entry: standing });
      });
      return await Promise.all(outcomes);
    } finally {
      this.#runs.delete(run.lineageId);
    }
  }

  /** Starts all threads; each promise is fulfilled with the thread's outcome. */
  async #start(threads: readonly ChatThread[], environment: RunEnvironment, options: RunOptions): Promise<readonly Promise<Outcome>[]> {
    this.#refuseWrongThreads(threads);
    for (const thread of threads) this.#running.add(thread);
    if (environment.signal?.aborted !== true) await this.#storeShared(threads);
    const { runId, standings } = await this.#enrol(threads, environment, options);
    const named = { ...environment, runId: runId ?? environment.runId };
    const outcomes = threads.map((thread, index) =>
      this.#go(thread, index, named, standings[index] ?? { at: "beginning", entry: null, saidIn: null }),
    );
    if (runId !== null) {
      this.#runs.add(runId);
      void Promise.all(outcomes).then(() => this.#runs.delete(runId));
    }
    return outcomes;
  }

  /** Stores the run and its threads, with what they say now, before anything is sent. Whom that fails for has failed. */
  async #enrol(
    threads: readonly ChatThread[],
    environment: RunEnvironment,
    { metadata = null, onRunStored, run: name }: RunOptions,
  ): Promise<{ readonly runId: string | null; readonly standings: readonly Standing[] }> {
    const { maxSteps, onConflict, signal, until } = environment;
    if (!this.#keepsLedger || signal?.aborted === true || threads.length === 0) return { runId: null, standings: [] };
    const settings = { name: name ?? null, until: until === null ? "turn" : "goal", maxSteps, onConflict, metadata } as const;
    const unsay = threads.map((thread) => sayAhead(thread, environment));
    const refuse = (error: unknown, index: number): Standing => {
      unsay[index]?.();
      return nowhere(error);
    };
    let opened: OpenedRun;
    try {
      opened = await this.#ledger.open(threads, settings);
    } catch (error) {
      return { runId: null, standings: threads.map((_, index) => refuse(error, index)) };
    }
    const runId = opened.run.lineageId;
    const standings = opened.enrolments.map((place, index): Standing => {
      if ("refused" in place) return refuse(place.refused, index);
      return { at: "beginning", entry: place.entry, saidIn: unsay[index] === null ? null : place.commitId };
    });
    try {
      onRunStored?.(runId);
      return { runId, standings };
    } catch (error) {
      return { runId: null, standings: threads.map(() => nowhere(error)) };
    }
  }

  #go(thread: ChatThread, index: number, environment: RunEnvironment, standing: Standing): Promise<Outcome> {
    this.#running.add(thread);
    return new ThreadRun(thread, index, environment, standing).run().finally(() => this.#running.delete(thread));
  }

  #environment(options: RunOptions, until: Goal | null): RunEnvironment {
    const { clock = systemClock, maxRepairs = 2, maxSteps = 10, prices = listPrices, registry, toolTimeoutMs = 60_000 } = this.#options;
    const { askApproval, budget = new Budget({}), onConflict = "reject", onDoubt = "ask", onEvent, run, signal, stream = false } = options;
    return {
      registry,
      clients: this.#clients,
      callables: this.#callables,
      validator: this.#validator,
      defaultModels: this.#defaultModels,
      clock,
      maxSteps: wholeNumber("maxSteps", options.maxSteps ?? maxSteps),
      maxRepairs,
      until,
      toolTimeoutMs,
      askApproval,
      signal,
      run,
      runId: run ?? null,
      prices,
      budget,
      telemetry: this.#telemetry,
      onConflict: oneOf("onConflict", onConflict, ["reject", "branch"]),
      onDoubt: typeof onDoubt === "function" ? onDoubt : oneOf("onDoubt", onDoubt, doubtPolicies),
      streams: typeof stream === "function" ? stream : () => stream,
      onEvent,
    };
  }

  #refuseWrongThreads(threads: readonly ChatThread[]): void {
    if (!Array.isArray(threads)) throw new ThreadError("invalid_thread", `threads have to be a list of ChatThreads, not ${shown(threads)}`);
    const seen = new Map<ChatThread, number>();
    for (const [index, thread] of threads.entries()) {
      if (!(thread instanceof ChatThread)) throw new ThreadError("invalid_thread", `thread ${index} is no ChatThread but ${shown(thread)}`);
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

function goalOf(stop: StopCondition, nudge: RunUntilOptions["nudge"]): Goal {
  return { stop, nudge: typeof nudge === "function" ? nudge : () => nudge ?? null };
}

function nowhere(error: unknown): Standing {
  return { at: "nowhere", entry: null, error };
}

/** Stands for a thread that can't be loaded. */
function noThread(): ChatThread {
  return new ChatThread({ llmConfig: new LLMConfig({ client: "none" }) });
}

/** Whether a resumed run takes a thread on again; what failed over a doubt may be decided otherwise. */
function isOpen({ error, status }: LedgerEntry, failed: "retryable" | "all"): boolean {
  if (status === "completed") return false;
  return status !== "failed" || failed === "all" || error === null || error.retryable || error.code === "in_doubt";
}
