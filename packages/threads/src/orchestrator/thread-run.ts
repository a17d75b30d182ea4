import { type ChatClient, type ChatRequest, type ChatResponse, ProviderError, type ToolCallPart } from "@minference/clients";
import { correlate, correlationId, type Entity } from "@minference/ecs";
import { ThreadError } from "../errors/thread-error.ts";
import { formatOf } from "../formats/format-of.ts";
import type { ThreadFormat } from "../formats/thread-format.ts";
import { ChatMessage } from "../message/chat-message.ts";
import type { ProcessedOutput } from "../output/processed-output.ts";
import type { ChatThread } from "../thread/chat-thread.ts";
import { runToolCall } from "../tools/run-tool-call.ts";
import { StructuredTool } from "../tools/structured-tool.ts";
import type { Tool } from "../tools/tool.ts";
import type { ToolCallOutcome } from "../tools/tool-call-outcome.ts";
import { answerFailure } from "./answer-failure.ts";
import { keepAnswer } from "./kept-answer.ts";
import type { Outcome } from "./outcome.ts";
import { requestEvent } from "./request-event.ts";
import type { RunEnvironment } from "./run-environment.ts";
import type { RunEventDetails, StepName } from "./run-event.ts";
import { threadErrorOf } from "./run-failure.ts";
import { toolResultMessage } from "./tool-result-message.ts";

/** How a step is stored. */
interface StepToStore {
  readonly name: StepName;
  readonly roots: readonly Entity[];
  /** Whether it holds something that was paid for and must not be lost. */
  readonly paid: boolean;
  /** Puts the thread back as it was, when storing fails. */
  readonly undo: () => void;
}

/** Takes one thread through one turn, each step a stored version. What the thread holds decides where it takes up. */
export class ThreadRun {
  readonly #thread: ChatThread;
  readonly #index: number;
  readonly #environment: RunEnvironment;
  readonly #outputs: ProcessedOutput[] = [];
  #attempts = 0;
  #step = 0;
  #handlerError: ThreadError | null = null;

  constructor(thread: ChatThread, index: number, environment: RunEnvironment) {
    this.#thread = thread;
    this.#index = index;
    this.#environment = environment;
  }

  /**
   * Resolves with what became of the thread; never rejects. What is logged meanwhile carries the thread's `lineageId` as correlation id,
   * unless the caller set one.
   */
  run(): Promise<Outcome> {
    return correlationId() === undefined ? correlate(this.#thread.lineageId, () => this.#run()) : this.#run();
  }

  async #run(): Promise<Outcome> {
    this.#emit({ type: "thread_started" });
    const outcome = await this.#converse().then(
      (answer) => this.#completed(answer),
      (error: unknown) => this.#ended(error),
    );
    this.#emit({ type: "thread_finished", outcome });
    return this.#handlerError === null ? outcome : this.#ended(this.#handlerError);
  }

  #completed(answer: ChatMessage): Outcome {
    return { status: "completed", ...this.#summary(), answer };
  }

  #ended(error: unknown): Outcome {
    const { signal } = this.#environment;
    const calledOff = (ThreadError.is(error) && error.code === "cancelled") || (ProviderError.is(error) && error.code === "aborted");
    if (signal?.aborted === true && calledOff) return { status: "cancelled", ...this.#summary(), reason: signal.reason };
    return { status: "failed", ...this.#summary(), error: threadErrorOf(error) };
  }

  #summary(): Pick<Outcome, "index" | "thread" | "outputs" | "attempts"> {
    return { index: this.#index, thread: this.#thread, outputs: this.#outputs, attempts: this.#attempts };
  }

  async #converse(): Promise<ChatMessage> {
    const thread = this.#thread;
    this.#checkpoint();
    thread.check();
    const format = formatOf(thread.llmConfig.responseFormat);
    const client = this.#client();
    this.#checkTools(format.callable(thread));
    const resumed = await this.#runTools(thread.pendingToolCalls, format);
    const { lastAnswer } = thread;
    if (thread.newMessage === null && lastAnswer !== undefined && format.endsAfter(resumed)) return lastAnswer;
    await this.#sayNewMessage(format);
    while (this.#step < this.#environment.maxSteps) {
      const answer = await this.#ask(client, format);
      const calls = answer.toolCalls;
      const results = await this.#runTools(calls, format);
      if (calls.length === 0 || format.endsAfter(results)) return answer;
    }
    throw new ThreadError(
      "step_limit",
      `no final answer within ${this.#environment.maxSteps} requests: raise maxSteps, or run the thread again to go on`,
    );
  }

  #client(): ChatClient {
    const { clients } = this.#environment;
    const name = this.#thread.llmConfig.client;
    const client = clients.get(name);
    if (client !== undefined) return client;
    throw new ThreadError(
      "unknown_client",
      `the orchestrator has no client ${JSON.stringify(name)}; it has: ${[...clients.keys()].join(", ") || "none"}`,
    );
  }

  /** Refuses tools that could not run, before anything is paid for. */
  #checkTools(tools: readonly Tool[]): void {
    const { callables, validator } = this.#environment;
    for (const tool of tools) {
      if (tool instanceof StructuredTool) validator.errors(tool.jsonSchema, {});
      else if (!callables.has(tool.name)) {
        throw new ThreadError(
          "unbound_tool",
          `no function is registered for the tool ${tool.name}: register it in the orchestrator's callables`,
        );
      }
    }
  }

  /** A turn that was broken off goes on without a message. */
  async #sayNewMessage(format: ThreadFormat): Promise<void> {
    const thread = this.#thread;
    const content = thread.newMessage;
    if (content === null) {
      const results = thread.lastToolResults;
      const unanswered = thread.history.at(-1)?.role === "user" || (results.length > 0 && !format.endsAfter(results));
      if (unanswered) return;
      throw new ThreadError("no_new_message", `${thread.name ?? thread.ecsId} has nothing to say: set newMessage first`);
    }
    const message = thread.addUserMessage(this.#environment.clock);
    await this.#store({
      name: "user message",
      roots: [thread],
      paid: false,
      undo: () => {
        this.#takeBack(message === null ? [] : [message]);
        thread.newMessage = content;
      },
    });
  }

  async #ask(client: ChatClient, format: ThreadFormat): Promise<ChatMessage> {
    const thread = this.#thread;
    const { clock, defaultModels, validator } = this.#environment;
    this.#checkpoint();
    if (thread.hasModifications()) await this.#store({ name: "settings", roots: [thread], paid: false, undo: () => {} });
    const { client: clientName } = thread.llmConfig;
    const origin = {
      client: clientName,
      chatThreadId: thread.lineageId,
      chatThreadLiveId: thread.liveId,
      chatThreadVersionId: thread.ecsId,
    };
    const request = thread.toRequest({ defaultModel: defaultModels.get(clientName) });
    this.#step += 1;
    const response = await this.#send(client, request);
    const failure = answerFailure(response, format);
    const { output, usage } = keepAnswer({ request, response, origin, failure }, format.callable(thread), validator);
    this.#outputs.push(output);
    if (failure !== null) {
      await this.#store({ name: "no answer", roots: [output], paid: true, undo: () => {} });
      throw failure;
    }
    const message = ChatMessage.answer(response.message, usage, {
      timestamp: new Date(clock.now()),
      chatThreadId: thread.lineageId,
      parent: thread.history.at(-1) ?? null,
    });
    output.chatMessageId = message.ecsId;
    thread.history.push(message);
    await this.#store({ name: "answer", roots: [thread, output], paid: true, undo: () => this.#takeBack([message]) });
    return message;
  }

  async #send(client: ChatClient, request: ChatRequest): Promise<ChatResponse> {
    const { onEvent, run, signal } = this.#environment;
    try {
      const response = await client.chat(request, {
        signal,
        run,
        priority: this.#step,
        onAttempt: onEvent === undefined ? undefined : (event) => this.#emit(requestEvent(event)),
      });
      this.#attempts += response.attempts;
      return response;
    } catch (error) {
      if (ProviderError.is(error)) this.#attempts += error.attempts;
      throw error;
    }
  }

  /** Runs calls in parallel and stores their results in order, also of those that were done when the run is called off. */
  async #runTools(calls: readonly ToolCallPart[], format: ThreadFormat): Promise<readonly ChatMessage[]> {
    if (calls.length === 0) return [];
    this.#checkpoint();
    const offered = format.callable(this.#thread);
    const settled = await Promise.all(calls.map((call) => this.#runTool(call, offered)));
    const outcomes = settled.filter((outcome) => outcome !== null);
    const results = outcomes.length > 0 ? await this.#storeResults(outcomes) : [];
    if (outcomes.length < calls.length) throw new ThreadError("cancelled", "tool calls were called off");
    return results;
  }

  async #runTool(call: ToolCallPart, offered: readonly Tool[]): Promise<ToolCallOutcome | null> {
    const { callables, clock, signal, toolTimeoutMs, validator } = this.#environment;
    const startedAt = clock.now();
    const named = { toolCallId: call.id, toolName: call.name };
    this.#emit({ type: "tool_started", ...named });
    try {
      const outcome = await runToolCall(call, offered, { callables, validator, toolTimeoutMs, signal });
      this.#emit({ type: "tool_finished", ...named, errorCode: outcome.errorCode, timeTaken: clock.now() - startedAt });
      return outcome;
    } catch (error) {
      const { code } = threadErrorOf(error);
      this.#emit({ type: "tool_finished", ...named, errorCode: code, timeTaken: clock.now() - startedAt });
      return null;
    }
  }

  async #storeResults(outcomes: readonly ToolCallOutcome[]): Promise<readonly ChatMessage[]> {
    const thread = this.#thread;
    const place = { timestamp: new Date(this.#environment.clock.now()), chatThreadId: thread.lineageId, parent: thread.lastAnswer ?? null };
    const messages = outcomes.map((outcome) => toolResultMessage(outcome, place));
    thread.history.push(...messages);
    await this.#store({ name: "tool results", roots: [thread], paid: true, undo: () => this.#takeBack(messages) });
    return messages;
  }

  async #store(step: StepToStore): Promise<void> {
    const { name, paid, roots, undo } = step;
    const { onConflict, registry } = this.#environment;
    try {
      const { commitId } = await registry.register(roots, { onConflict: paid ? "branch" : onConflict, message: name });
      this.#emit({ type: "step_stored", stored: name, commitId, versionId: this.#thread.ecsId });
    } catch (error) {
      undo();
      throw error;
    }
  }

  #takeBack(messages: readonly ChatMessage[]): void {
    const { history } = this.#thread;
    for (const message of messages) {
      const index = history.lastIndexOf(message);
      if (index >= 0) history.splice(index, 1);
    }
  }

  /** Ends the turn between two steps, when it was called off or the caller's event handler is broken. */
  #checkpoint(): void {
    if (this.#environment.signal?.aborted === true) throw new ThreadError("cancelled", "the run was called off");
    if (this.#handlerError !== null) throw this.#handlerError;
  }

  /** A handler that throws ends the thread at the next step, and is not called again; nothing that was paid for is lost. */
  #emit(details: RunEventDetails): void {
    const { clock, onEvent } = this.#environment;
    if (onEvent === undefined || this.#handlerError !== null) return;
    try {
      onEvent({ at: clock.now(), thread: this.#thread, index: this.#index, step: this.#step, ...details });
    } catch (cause) {
      this.#handlerError = new ThreadError("event_handler", "onEvent threw; the steps done are stored", { cause });
    }
  }
}
