import { type ChatClient, type Clock, systemClock } from "@minference/clients";
import type { Entity, EntityRegistry } from "@minference/ecs";

import { ThreadError } from "../errors/thread-error.ts";
import type { ChatThread } from "../thread/chat-thread.ts";
import { CallableRegistry } from "../tools/callable-registry.ts";
import { JsonSchemaValidator } from "../tools/json-schema-validator.ts";
import type { Outcome } from "./outcome.ts";
import type { RunEnvironment } from "./run-environment.ts";
import type { RunEvent } from "./run-event.ts";
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
  /** Overrides the orchestrator's. */
  readonly maxSteps?: number | undefined;
  /**
   * What becomes of a thread whose version is not the last any more: `reject` (the default) fails it before anything is
   * sent, `branch` goes on from it as a branch. What was paid for is always kept, as a branch if need be.
   */
  readonly onConflict?: "reject" | "branch" | undefined;
  /** Told what happens, while it happens; not awaited. If it throws for a thread, that thread ends after its step with `event_handler`. */
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
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
    if (!((options.toolTimeoutMs ?? 1) > 0))
      throw new ThreadError("invalid_config", `toolTimeoutMs has to be more than 0, not ${options.toolTimeoutMs}`);
  }

  /**
   * Takes each thread through one turn: its new message, the model's answer, tool calls and their results, until the model
   * answers without a call. Resolves with one outcome a thread, in order, whatever happens to any of them. Rejects only
   * when a thread is given twice or is still running (`duplicate_thread`), before anything is sent.
   */
  async runParallel(threads: readonly ChatThread[], options: RunOptions = {}): Promise<Outcome[]> {
    this.#refuseDuplicates(threads);
    const environment = this.#environment(options);
    for (const thread of threads) this.#running.add(thread);
    try {
      if (options.signal?.aborted !== true) await this.#storeShared(threads);
      return await Promise.all(threads.map((thread, index) => new ThreadRun(thread, index, environment).run()));
    } finally {
      for (const thread of threads) this.#running.delete(thread);
    }
  }

  #environment(options: RunOptions): RunEnvironment {
    const { clock = systemClock, maxSteps = 10, registry, toolTimeoutMs = 60_000 } = this.#options;
    const { onConflict = "reject", onEvent, run, signal } = options;
    return {
      registry,
      clients: this.#clients,
      callables: this.#callables,
      validator: this.#validator,
      defaultModels: this.#defaultModels,
      clock,
      maxSteps: positiveInteger("maxSteps", options.maxSteps ?? maxSteps),
      toolTimeoutMs,
      signal,
      run,
      onConflict,
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
