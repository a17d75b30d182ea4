import type { Registration } from "@minference/ecs";
import { ConflictError, type Entity } from "@minference/ecs";
import { ThreadError } from "../errors/thread-error.ts";
import type { LedgerChange, LedgerEntry } from "../ledger/ledger-entry.ts";
import type { ChatMessage, MessagePlace } from "../message/chat-message.ts";
import type { ProcessedOutput } from "../output/processed-output.ts";
import type { ThreadSpan } from "../telemetry/thread-span.ts";
import type { ChatThread } from "../thread/chat-thread.ts";
import type { RunEnvironment } from "./run-environment.ts";
import type { RunEventDetails, StepName } from "./run-event.ts";

/** How a step is stored. */
export interface StepToStore {
  readonly name: StepName;
  readonly roots: readonly Entity[];
  /** Whether it holds something that was paid for and must not be lost. */
  readonly paid: boolean;
  /** What it changes in the ledger, in the same commit. */
  readonly entry?: LedgerChange;
  /** What the model gave in it, for the ledger. */
  readonly output?: ProcessedOutput;
  /** Puts the thread back as it was, when storing fails. */
  readonly undo: () => void;
}

/** What the steps of one thread in one run have in common: they are stored, told of, and end when the run is called off. */
export class ThreadSteps {
  readonly thread: ChatThread;
  readonly index: number;
  readonly environment: RunEnvironment;
  readonly span: ThreadSpan;
  /** The thread's place in the run; null where no ledger is kept. */
  readonly entry: LedgerEntry | null;
  /** What the model gave so far. */
  readonly outputs: ProcessedOutput[] = [];
  /** How many times a request was sent. */
  attempts = 0;
  /** How many requests were made. */
  step = 0;
  /** How many answers were shown to the model to be corrected. */
  repairs = 0;
  #handlerError: ThreadError | null = null;

  constructor(thread: ChatThread, index: number, environment: RunEnvironment, entry: LedgerEntry | null) {
    this.thread = thread;
    this.index = index;
    this.environment = environment;
    this.entry = entry;
    this.span = environment.telemetry.begin(thread, environment.clients.get(thread.llmConfig.client)?.provider ?? null);
    if (entry === null) return;
    this.outputs.push(...entry.outputs);
    this.attempts = entry.attempts;
    this.step = entry.step;
    this.repairs = entry.repairs;
  }

  /** What the caller's event handler threw, null when nothing. */
  get handlerError(): ThreadError | null {
    return this.#handlerError;
  }

  /** Where a message stands that is written now. */
  placeAfter(parent: ChatMessage | null): MessagePlace {
    return { timestamp: new Date(this.environment.clock.now()), chatThreadId: this.thread.lineageId, parent };
  }

  /** Ends the turn between two steps, when it was called off or the caller's event handler is broken. */
  checkpoint(): void {
    if (this.environment.signal?.aborted === true) throw new ThreadError("cancelled", "the run was called off");
    if (this.#handlerError !== null) throw this.#handlerError;
  }

  /**
   * Stores a step, and where the thread is in the run with it. Throws `taken_over` when another process works on the run now: what was paid
   * for is then stored beside what that one does, anything else is not.
   */
  async store(step: StepToStore): Promise<void> {
    const { name, output, roots, undo } = step;
    const undoEntry = this.entry === null ? null : advance(this.entry, step.entry ?? {}, output);
    let stored: { readonly registration: Registration; readonly takenOver: ThreadError | null };
    try {
      stored = await this.#register(step);
    } catch (error) {
      undoEntry?.();
      undo();
      throw error;
    }
    const { commitId, ecsIds } = stored.registration;
    const versionId = ecsIds[roots.indexOf(this.thread)] ?? this.thread.ecsId;
    this.emit({ type: "step_stored", stored: name, commitId, versionId });
    if (stored.takenOver !== null) throw stored.takenOver;
  }

  /** Stores where the thread is in the run, alone; does nothing where no ledger is kept. Throws as {@link store}. */
  async note(message: string, change: LedgerChange): Promise<void> {
    const { entry } = this;
    if (entry === null) return;
    const undo = advance(entry, change);
    try {
      await this.environment.registry.register(entry, { message });
    } catch (error) {
      undo();
      throw ConflictError.is(error) ? takenOver(error) : error;
    }
  }

  async #register({ name, paid, roots }: StepToStore): Promise<{ registration: Registration; takenOver: ThreadError | null }> {
    const { entry } = this;
    const { registry } = this.environment;
    const onConflict = paid ? "branch" : this.environment.onConflict;
    if (entry === null) return { registration: await registry.register(roots, { onConflict, message: name }), takenOver: null };
    const all = [...roots, entry];
    try {
      return { registration: await registry.register(all, { message: name }), takenOver: null };
    } catch (error) {
      if (!ConflictError.is(error)) throw error;
      const lost = error.conflicts.some(({ lineageId }) => lineageId === entry.lineageId) ? takenOver(error) : null;
      if (lost !== null && !paid) throw lost;
      if (onConflict === "reject") throw error;
      const registration = await registry.register(all, { onConflict, message: name });
      return { registration, takenOver: lost ?? (await this.#lostMeanwhile(entry, error)) };
    }
  }

  /** Whether the entry became a branch as well: the run was taken over after the first attempt to store the step. */
  async #lostMeanwhile(entry: LedgerEntry, cause: ConflictError): Promise<ThreadError | null> {
    const [counting] = await this.environment.registry.storage.heads(entry.lineageId);
    return counting?.ecsId === entry.ecsId ? null : takenOver(cause);
  }

  /** A handler that throws ends the thread at the next step, and is not called again; nothing that was paid for is lost. */
  emit(details: RunEventDetails): void {
    const { clock, onEvent } = this.environment;
    if (onEvent === undefined || this.#handlerError !== null) return;
    const broken = (cause: unknown): void => {
      this.#handlerError ??= new ThreadError("event_handler", "onEvent threw; the steps done are stored", { cause });
    };
    try {
      const told: unknown = onEvent({ at: clock.now(), thread: this.thread, index: this.index, step: this.step, ...details });
      // An async function is given where one that returns nothing is asked for; nobody else would see it reject.
      if (told instanceof Promise) told.catch(broken);
    } catch (cause) {
      broken(cause);
    }
  }
}

/** Changes an entry; returns what takes the change back. */
function advance(entry: LedgerEntry, change: LedgerChange, output?: ProcessedOutput): () => void {
  const { attempts, begunToolCalls, error, repairs, request, reserved, status, step, unanswered } = entry;
  Object.assign(entry, change);
  if (output !== undefined) entry.outputs.push(output);
  return () => {
    Object.assign(entry, { attempts, begunToolCalls, error, repairs, request, reserved, status, step, unanswered });
    if (output !== undefined) entry.outputs.pop();
  };
}

function takenOver(cause: ConflictError): ThreadError {
  return new ThreadError("taken_over", "another process took the run over and goes on with this thread", { cause });
}
