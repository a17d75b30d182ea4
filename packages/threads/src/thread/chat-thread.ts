import {
  type ChatRequest,
  type Clock,
  type Message,
  type ProviderName,
  systemClock,
  systemMessage,
  type ToolCallPart,
  userMessage,
} from "@minference/clients";
import { Entity, ref } from "@minference/ecs";
import * as z from "zod";

import { BranchSelection } from "../branching/branch-selection.ts";
import { providerNamed } from "../config/format-support.ts";
import { LLMConfig } from "../config/llm-config.ts";
import { ThreadError } from "../errors/thread-error.ts";
import { formatOf } from "../formats/format-of.ts";
import { ChatMessage } from "../message/chat-message.ts";
import { SystemPrompt } from "../prompt/system-prompt.ts";
import { anyTool } from "../tools/any-tool.ts";
import { StructuredTool } from "../tools/structured-tool.ts";
import type { Tool } from "../tools/tool.ts";
import { ToolDecision } from "../tools/tool-decision.ts";
import { sumUsages, type TokenTotals } from "../usage/token-totals.ts";
import type { Usage } from "../usage/usage.ts";
import { requestMessages } from "./request-messages.ts";

/** Who decides about a tool call, and when. */
export interface DecisionOptions {
  readonly by?: string | undefined;
  readonly clock?: Clock | undefined;
}

/** A conversation with a model. Its history is a list of references, so that a message more costs only the message. */
export class ChatThread extends Entity.define("ChatThread", {
  name: z.string().nullable().default(null),
  systemPrompt: ref(() => SystemPrompt)
    .nullable()
    .default(null),
  history: z.array(ref(() => ChatMessage)).default([]),
  /** What the user says next; moves into `history` when the thread runs. */
  newMessage: z.string().nullable().default(null),
  /** What `json_beg` begins the answer with, where the provider goes on with that. */
  prefill: z.string().default("Here's the valid JSON object response:```json"),
  /** What `json_beg`, and `json_object` where nothing speaks of JSON, adds to the last user message of a request. */
  postfill: z.string().default("\n\nPlease provide your response in JSON format."),
  /** Whether the instructions end with the schema of a structured `forcedOutput`. */
  useSchemaInstruction: z.boolean().default(false),
  /** Whether a request carries the whole conversation, or only the last user message and what followed it. */
  useHistory: z.boolean().default(true),
  /** The tool that `tool` forces; a structured one gives the other formats the schema of the answer. */
  forcedOutput: anyTool.nullable().default(null),
  llmConfig: ref(() => LLMConfig),
  /**
   * The tools among which the model chooses in `auto_tools`, and the steps of a `workflow`. Other response formats, the default `text` among them,
   * keep them for a later turn and let the model call none of them: set `llmConfig.responseFormat`.
   */
  tools: z.array(anyTool).default([]),
  /** How many steps of the workflow have run; null before the first. */
  workflowStep: z.int().nonnegative().nullable().default(null),
  /** What was decided about tool calls that need approval. */
  decisions: z.array(ref(() => ToolDecision)).default([]),
  /**
   * The calls of the last answer that must not run twice and were begun, as often as they were. Stored with the thread before they run, so that of
   * several copies only one runs them.
   */
  begunToolCalls: z.array(z.string()).readonly().default([]),
  /** Against which other branches this one was kept; null where none were tried. */
  selection: ref(() => BranchSelection)
    .nullable()
    .default(null),
}) {
  /** Makes a thread and refuses a combination that cannot work, with the reason (`invalid_thread`, `invalid_config`). */
  static create(input: ConstructorParameters<typeof ChatThread>[0]): ChatThread {
    const thread = new ChatThread(input);
    thread.check();
    return thread;
  }

  /**
   * Throws `invalid_thread` or `invalid_config` when the settings cannot work together with a provider, by default the one the client is
   * named after.
   */
  check(provider: ProviderName | null = providerNamed(this.llmConfig.client)): void {
    this.llmConfig.check(provider);
    const refusal = formatOf(this.llmConfig.responseFormat).refusal(this, provider);
    if (refusal !== null) throw new ThreadError("invalid_thread", refusal);
    const names = new Set<string>();
    for (const tool of this.allTools) {
      if (names.has(tool.name))
        throw new ThreadError("invalid_thread", `two tools are named ${tool.name}; a model could not tell them apart`);
      names.add(tool.name);
    }
  }

  /** The tools and the forced one, each once. */
  get allTools(): readonly Tool[] {
    const { forcedOutput } = this;
    return Array.from(new Set(forcedOutput === null ? this.tools : [...this.tools, forcedOutput]));
  }

  /** Finds a tool of the thread, the forced one included. */
  toolByName(name: string): Tool | undefined {
    return this.allTools.find((tool) => tool.name === name);
  }

  /** The tool of the workflow's step; null when all have run. */
  get workflowTool(): Tool | null {
    return this.tools[this.workflowStep ?? 0] ?? null;
  }

  /** Begins the workflow anew, with its first tool. */
  resetWorkflowStep(): void {
    this.workflowStep = 0;
  }

  /** What each answer in the history cost. */
  get usages(): readonly Usage[] {
    return this.history.flatMap((message) => message.usage ?? []);
  }

  /** What all answers in the history cost. */
  get totalUsage(): TokenTotals {
    return sumUsages(this.usages);
  }

  /** The last answer, undefined when there is none. */
  get lastAnswer(): ChatMessage | undefined {
    return this.history.findLast((message) => message.role === "assistant");
  }

  /** The tool results that end the history, in the order they were stored; empty when it ends otherwise. */
  get lastToolResults(): readonly ChatMessage[] {
    return this.history.slice(this.history.findLastIndex((message) => message.role !== "tool") + 1);
  }

  /** The tool calls of the last answer that have no result yet, in order. */
  get pendingToolCalls(): readonly ToolCallPart[] {
    const results = this.lastToolResults;
    const answered = new Set(results.map((message) => message.toolCallId));
    const answer = this.history.at(-1 - results.length);
    return answer?.toolCalls.filter((call) => !answered.has(call.id)) ?? [];
  }

  /** The pending calls that were begun, must not run twice, and have no result: nobody knows whether they ended. */
  get doubtfulToolCalls(): readonly string[] {
    return this.pendingToolCalls.flatMap(({ id }) => (this.begunToolCalls.includes(id) ? id : []));
  }

  /** What was decided about a tool call of the last answer; null while nothing was. */
  decisionOn(toolCallId: string): ToolDecision | null {
    const answerId = this.lastAnswer?.lineageId;
    return this.decisions.findLast((decision) => decision.toolCallId === toolCallId && decision.answerId === answerId) ?? null;
  }

  /**
   * Lets tool calls run that wait for approval. Store the thread, then run it again or resume its run. Throws `invalid_thread` for an id that is
   * no pending call; no ids decide nothing.
   */
  approve(toolCallIds: readonly string[], options: DecisionOptions = {}): void {
    this.#decide(toolCallIds, { approved: true, reason: null }, options);
  }

  /** Refuses tool calls that wait for approval; the model is told the reason. Otherwise as {@link approve}. */
  deny(toolCallIds: readonly string[], reason: string, options: DecisionOptions = {}): void {
    this.#decide(toolCallIds, { approved: false, reason }, options);
  }

  #decide(
    toolCallIds: readonly string[],
    decision: { readonly approved: boolean; readonly reason: string | null },
    { by, clock = systemClock }: DecisionOptions,
  ): void {
    const pending = new Set(this.pendingToolCalls.map((call) => call.id));
    const foreign = toolCallIds.find((id) => !pending.has(id));
    if (foreign !== undefined) throw new ThreadError("invalid_thread", `no tool call ${foreign} is open in ${this.name ?? this.ecsId}`);
    const answerId = this.lastAnswer?.lineageId;
    // Without an answer nothing is open, so that no call was given.
    if (answerId === undefined) return;
    const decidedAt = new Date(clock.now());
    this.decisions.push(
      ...toolCallIds.map((toolCallId) => new ToolDecision({ ...decision, toolCallId, answerId, decidedBy: by ?? null, decidedAt })),
    );
  }

  /**
   * Moves `newMessage` into the history. Without one it throws `no_new_message`, save in a format that goes on by itself
   * (`auto_tools`, `workflow`), where it does nothing and returns null.
   */
  addUserMessage(clock: Clock = systemClock): ChatMessage | null {
    const content = this.newMessage;
    if (content === null) {
      if (!formatOf(this.llmConfig.responseFormat).needsUserMessage) return null;
      throw new ThreadError("no_new_message", `${this.name ?? this.ecsId} has nothing to say: set newMessage first`);
    }
    if (content.trim() === "")
      throw new ThreadError("no_new_message", `${this.name ?? this.ecsId} has an empty newMessage, which providers refuse`);
    const message = ChatMessage.user(content, {
      timestamp: new Date(clock.now()),
      chatThreadId: this.lineageId,
      parent: this.history.at(-1) ?? null,
    });
    this.history.push(message);
    this.newMessage = null;
    return message;
  }

  /** The messages of the history that a request carries. */
  get sentMessages(): readonly ChatMessage[] {
    if (this.useHistory) return this.history;
    if (this.newMessage !== null) return [];
    const lastUser = this.history.findLastIndex((message) => message.role === "user" && !message.isError);
    return this.history.slice(Math.max(lastUser, 0));
  }

  /**
   * Builds the request the thread would send now, a waiting `newMessage` included, without sending it. Throws `no_model`
   * when neither the configuration nor `defaultModel` names one, `workflow_finished` when there is nothing left to do, and what
   * {@link check} throws. `provider` is needed where the client is not named after it.
   */
  toRequest(options: { defaultModel?: string | undefined; provider?: ProviderName | undefined } = {}): ChatRequest {
    const { llmConfig, newMessage } = this;
    const provider = options.provider ?? providerNamed(llmConfig.client);
    this.check(provider);
    const model = llmConfig.model ?? options.defaultModel;
    if (model === undefined) throw new ThreadError("no_model", "the configuration names no model: set llmConfig.model");
    const format = formatOf(llmConfig.responseFormat);
    const finished = format.finished(this);
    if (finished !== null) throw new ThreadError("workflow_finished", finished);
    const offer = format.offer(this);
    const instructions = this.#instructions();
    const messages: Message[] = [
      ...(instructions === null ? [] : [systemMessage(instructions)]),
      ...requestMessages(this.sentMessages),
      ...(newMessage === null ? [] : [userMessage(newMessage)]),
    ];
    const request: ChatRequest = {
      model,
      messages,
      ...(offer === null ? {} : { tools: offer.tools.map((tool) => tool.definition()), toolChoice: offer.choice }),
      maxTokens: llmConfig.maxTokens,
      useCache: llmConfig.useCache,
      ...(llmConfig.vllm === null ? {} : { vllm: llmConfig.vllm }),
      ...(llmConfig.reasoner ? { reasoning: { effort: llmConfig.reasoningEffort } } : { temperature: llmConfig.temperature }),
    };
    return format.shape(request, this, provider);
  }

  #instructions(): string | null {
    const { forcedOutput, systemPrompt } = this;
    const schema = this.useSchemaInstruction && forcedOutput instanceof StructuredTool ? forcedOutput.instruction : null;
    const parts = [systemPrompt?.content ?? "", schema ?? ""].filter((part) => part !== "");
    return parts.length === 0 ? null : parts.join("\n\n");
  }
}
