import { ProviderError, type ProviderName } from "@minference/clients";
import { correlate, correlationId } from "@minference/ecs";
import { ThreadError } from "../errors/thread-error.ts";
import type { LedgerEntry } from "../ledger/ledger-entry.ts";
import type { ChatMessage } from "../message/chat-message.ts";
import type { ChatThread } from "../thread/chat-thread.ts";
import { askModel } from "./ask-model.ts";
import { type CheckedThread, checkThread } from "./check-thread.ts";
import type { FailedOutcome, Outcome } from "./outcome.ts";
import type { RunEnvironment } from "./run-environment.ts";
import { threadErrorOf } from "./run-failure.ts";
import { runToolCalls } from "./run-tool-calls.ts";
import { sayNewMessage } from "./say-new-message.ts";
import { settleDoubt } from "./settle-doubt.ts";
import { ThreadSteps } from "./thread-steps.ts";
import { TurnPaused } from "./turn-paused.ts";

/** Where a thread stands when a run takes it on: at its beginning, where an earlier process left it, at its end, or nowhere, since it could not be stored. */
export type Standing =
  /** The entry is null where no ledger is kept; `saidIn` is the commit that the thread's new message was already stored in, null where it was not. */
  | { readonly at: "beginning"; readonly entry: LedgerEntry | null; readonly saidIn: string | null }
  | { readonly at: "break"; readonly entry: LedgerEntry }
  | { readonly at: "end"; readonly entry: LedgerEntry }
  | { readonly at: "nowhere"; readonly entry: null; readonly error: unknown };

/** Takes one thread through one turn, or until its goal is reached, each step a stored version. What the thread holds decides where it takes up. */
export class ThreadRun {
  readonly #thread: ChatThread;
  readonly #environment: RunEnvironment;
  readonly #steps: ThreadSteps;
  readonly #standing: Standing;

  constructor(thread: ChatThread, index: number, environment: RunEnvironment, standing: Standing) {
    this.#thread = thread;
    this.#environment = environment;
    this.#steps = new ThreadSteps(thread, index, environment, standing.entry);
    this.#standing = standing;
  }

  /**
   * Resolves with what became of the thread; never rejects. What is logged meanwhile carries the thread's `lineageId` as correlation id,
   * unless the caller set one.
   */
  run(): Promise<Outcome> {
    return correlationId() === undefined ? correlate(this.#thread.lineageId, () => this.#run()) : this.#run();
  }

  async #run(): Promise<Outcome> {
    const steps = this.#steps;
    steps.emit({ type: "thread_started" });
    const standing = this.#standing;
    if (standing.at === "beginning" && standing.saidIn !== null)
      steps.emit({ type: "step_stored", stored: "user message", commitId: standing.saidIn, versionId: this.#thread.ecsId });
    const outcome = await steps.span.within(() => this.#outcome());
    steps.emit({ type: "thread_finished", outcome });
    const final = steps.handlerError === null ? outcome : this.#failed(steps.handlerError);
    steps.span.end(final);
    // Many a thread is run again and again: those entries need not hear of it any more.
    if (steps.entry !== null) this.#environment.registry.release(steps.entry);
    return final;
  }

  async #outcome(): Promise<Outcome> {
    try {
      const answer = await this.#converse();
      if (this.#steps.entry?.status !== "completed") await this.#steps.note("completed", { status: "completed" });
      return { status: "completed", ...this.#summary(), answer };
    } catch (error) {
      const { signal } = this.#environment;
      const calledOff = (ThreadError.is(error) && error.code === "cancelled") || (ProviderError.is(error) && error.code === "aborted");
      if (signal?.aborted === true && calledOff) return { status: "cancelled", ...this.#summary(), reason: signal.reason };
      if (error instanceof TurnPaused) return this.#paused(error);
      const outcome = this.#failed(error);
      await this.#noteFailure(outcome.error);
      return outcome;
    }
  }

  async #paused({ pause }: TurnPaused): Promise<Outcome> {
    try {
      if (this.#steps.entry?.status !== pause.status) await this.#steps.note(pause.status, { status: pause.status });
      return { ...this.#summary(), ...pause };
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): FailedOutcome {
    return { status: "failed", ...this.#summary(), error: threadErrorOf(error) };
  }

  /** Where this can't be stored, resuming the run finds the thread as it was before it failed, which is no harm. */
  async #noteFailure({ code, message, retryable }: ThreadError): Promise<void> {
    const { entry } = this.#steps;
    if (entry === null || entry.status === "failed" || code === "taken_over") return;
    // What failed before the doubt was decided leaves it to be decided.
    if (entry.status === "in_doubt" && code !== "in_doubt") return;
    // An answer came and was not stored: whether it is to be paid for once more is in doubt.
    if (entry.status === "sent" && code !== "provider") return;
    await this.#steps.note("failed", { status: "failed", error: { code, message, retryable } }).catch(() => {});
  }

  #summary(): Pick<Outcome, "index" | "thread" | "outputs" | "attempts"> {
    const { attempts, index, outputs, thread } = this.#steps;
    return { index, thread, outputs, attempts };
  }

  async #converse(): Promise<ChatMessage> {
    const thread = this.#thread;
    const { maxRepairs, maxSteps } = this.#environment;
    const standing = this.#standing;
    if (standing.at === "nowhere") throw standing.error;
    if (standing.at === "end") return endOf(standing.entry);
    this.#steps.checkpoint();
    const checked = checkThread(thread, this.#environment);
    const { client, format } = checked;
    await settleDoubt(this.#steps);
    const caughtUp = await runToolCalls(this.#steps, thread.pendingToolCalls, format);
    const { lastAnswer } = thread;
    const answeredBefore = this.#steps.step > 0 && thread.history.at(-1)?.role !== "user";
    if (thread.newMessage === null && lastAnswer !== undefined && (caughtUp.length > 0 || answeredBefore)) {
      if (await this.#isOver(lastAnswer, thread.lastToolResults, checked)) return lastAnswer;
    }
    const finished = format.finished(thread);
    if (finished !== null) throw new ThreadError("workflow_finished", finished);
    await this.#sayNewMessage(checked);
    while (this.#steps.step < maxSteps) {
      const answer = await askModel(this.#steps, { client, format, mayRepair: this.#steps.repairs < maxRepairs });
      if (answer === null) continue;
      const results = await runToolCalls(this.#steps, answer.toolCalls, format);
      if (await this.#isOver(answer, results, checked)) return answer;
    }
    throw new ThreadError("step_limit", `no final answer within ${maxSteps} requests: raise maxSteps, or run the thread again to go on`);
  }

  /** Whether the thread is done; throws `goal_missed` when it can't go on and was to get further. */
  async #isOver(answer: ChatMessage, toolResults: readonly ChatMessage[], checked: CheckedThread): Promise<boolean> {
    const { format } = checked;
    const { until } = this.#environment;
    const thread = this.#thread;
    const turnIsOver = answer.toolCalls.length === 0 || format.endsAfter(toolResults, thread);
    if (until === null) return turnIsOver;
    if (await until.stop({ thread, step: this.#steps.step, answer, toolResults, outputs: this.#steps.outputs })) return true;
    const finished = format.finished(thread) !== null;
    const goesOn = !turnIsOver || (toolResults.length > 0 && !finished);
    if (goesOn) return false;
    const words = finished ? null : until.nudge(thread);
    if (words === null)
      throw new ThreadError("goal_missed", "the model ended its turn before the stop condition held: give a nudge to go on");
    thread.newMessage = words;
    await this.#sayNewMessage(checked);
    return false;
  }

  /** A turn that was broken off goes on without a message, and so does a format that needs none. */
  async #sayNewMessage({ client, format }: CheckedThread): Promise<void> {
    const thread = this.#thread;
    if (thread.newMessage === null) {
      const results = thread.lastToolResults;
      const unanswered = thread.history.at(-1)?.role === "user" || (results.length > 0 && !format.endsAfter(results, thread));
      if (unanswered) return this.#refuseOldVersion();
      // Throws where the format needs a message.
      thread.addUserMessage(this.#environment.clock);
      this.#refuseNothing(client.provider);
      return this.#refuseOldVersion();
    }
    const undo = sayNewMessage(thread, this.#environment.clock);
    await this.#steps.store({ name: "user message", roots: [thread], paid: false, undo });
  }

  /** Refuses a thread with nothing to send; Anthropic needs more than instructions. */
  #refuseNothing(provider: ProviderName): void {
    const thread = this.#thread;
    const defaultModel = this.#environment.defaultModels.get(thread.llmConfig.client);
    const { messages } = thread.toRequest({ defaultModel, provider });
    if (messages.some(({ role }) => role !== "system" || provider !== "anthropic")) return;
    const needed = provider === "anthropic" ? "a message" : "a message or a system prompt";
    throw new ThreadError(
      "no_new_message",
      `${thread.name ?? thread.ecsId} has nothing to send, and ${provider} needs ${needed}: set newMessage first`,
    );
  }

  /** What has nothing to store before it is asked meets no conflict there: it is looked for. In a resumed run the ledger sees to that. */
  async #refuseOldVersion(): Promise<void> {
    const { onConflict, registry } = this.#environment;
    const standing = this.#standing;
    if (onConflict === "branch" || standing.at !== "beginning" || standing.saidIn !== null) return;
    const { ecsId, lineageId } = this.#thread;
    const heads = await registry.storage.heads(lineageId);
    if (heads.length === 0 || heads.some((head) => head.ecsId === ecsId)) return;
    throw new ThreadError("conflict", `the version ${ecsId} has successors: load the last one, or run it with onConflict "branch"`);
  }
}

/** The answer a thread came to in an earlier process; throws why it failed there. */
function endOf({ error, thread }: LedgerEntry): ChatMessage {
  if (error !== null) throw new ThreadError(error.code, error.message, { retryable: error.retryable });
  if (thread.lastAnswer === undefined) throw new ThreadError("unexpected", "the thread is completed and has no answer");
  return thread.lastAnswer;
}
