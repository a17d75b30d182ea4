import type { Entity } from "@minference/ecs";
import { ThreadError } from "../errors/thread-error.ts";
import type { ChatMessage, MessagePlace } from "../message/chat-message.ts";
import type { ProcessedOutput } from "../output/processed-output.ts";
import type { ChatThread } from "../thread/chat-thread.ts";
import type { RunEnvironment } from "./run-environment.ts";
import type { RunEventDetails, StepName } from "./run-event.ts";

/** How a step is stored. */
export interface StepToStore {
  readonly name: StepName;
  readonly roots: readonly Entity[];
  /** Whether it holds something that was paid for and must not be lost. */
  readonly paid: boolean;
  /** Puts the thread back as it was, when storing fails. */
  readonly undo: () => void;
}

/** What the steps of one thread in one run have in common: they are stored, told of, and end when the run is called off. */
export class ThreadSteps {
  readonly thread: ChatThread;
  readonly index: number;
  readonly environment: RunEnvironment;
  /** What the model gave so far. */
  readonly outputs: ProcessedOutput[] = [];
  /** How many times a request was sent. */
  attempts = 0;
  /** How many requests were made. */
  step = 0;
  #handlerError: ThreadError | null = null;

  constructor(thread: ChatThread, index: number, environment: RunEnvironment) {
    this.thread = thread;
    this.index = index;
    this.environment = environment;
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

  async store(step: StepToStore): Promise<void> {
    const { name, paid, roots, undo } = step;
    const { onConflict, registry } = this.environment;
    try {
      const { commitId, ecsIds } = await registry.register(roots, { onConflict: paid ? "branch" : onConflict, message: name });
      const versionId = ecsIds[roots.indexOf(this.thread)] ?? this.thread.ecsId;
      this.emit({ type: "step_stored", stored: name, commitId, versionId });
    } catch (error) {
      undo();
      throw error;
    }
  }

  /** Takes messages out of the history again. */
  takeBack(messages: readonly ChatMessage[]): void {
    const { history } = this.thread;
    for (const message of messages) {
      const index = history.lastIndexOf(message);
      if (index >= 0) history.splice(index, 1);
    }
  }

  /** A handler that throws ends the thread at the next step, and is not called again; nothing that was paid for is lost. */
  emit(details: RunEventDetails): void {
    const { clock, onEvent } = this.environment;
    if (onEvent === undefined || this.#handlerError !== null) return;
    try {
      onEvent({ at: clock.now(), thread: this.thread, index: this.index, step: this.step, ...details });
    } catch (cause) {
      this.#handlerError = new ThreadError("event_handler", "onEvent threw; the steps done are stored", { cause });
    }
  }
}
