import { CommandError } from "@minference/command-line";
import type { EntityRegistry } from "@minference/ecs";
import { ChatThread } from "@minference/threads";

/** A message without ids and times; what refers to a call does so by the call's place in the conversation. */
interface CanonicalMessage {
  readonly role: string;
  readonly content: string;
  readonly isError: boolean;
  readonly parts: readonly object[] | null;
  readonly toolName: string | null;
  readonly toolType: string | null;
  readonly toolCall: unknown;
  readonly answers: number | null;
  readonly usage: object | null;
}

/** All versions of a conversation, from the first on, without ids and times. */
export interface CanonicalHistory {
  readonly name: string;
  readonly config: object;
  readonly systemPrompt: string | null;
  readonly tools: readonly object[];
  readonly messages: readonly CanonicalMessage[];
  /** What each version held: its waiting message and how many of the messages. */
  readonly versions: readonly { readonly newMessage: string | null; readonly workflowStep: number | null; readonly messages: number }[];
}

/**
 * Reads a stored conversation with all its versions as it would be in any store: everything but ids and times. Rejects when an older version
 * does not hold the beginning of what the last one holds.
 */
export async function canonicalHistory(registry: EntityRegistry, lineageId: string): Promise<CanonicalHistory> {
  const { versions } = await registry.lineage(lineageId);
  const threads = await registry.getMany(
    ChatThread,
    versions.map(({ ecsId }) => ecsId),
  );
  const last = threads.at(-1);
  if (last === undefined) throw new CommandError(`The conversation ${lineageId} has no version`);
  const messages = canonicalMessages(last);
  for (const thread of threads) {
    const own = JSON.stringify(canonicalMessages(thread));
    if (own !== JSON.stringify(messages.slice(0, thread.history.length))) {
      throw new CommandError(`Version ${thread.ecsId} of ${last.name} does not hold what it held`);
    }
  }
  const { client, maxTokens, model, reasoner, reasoningEffort, responseFormat, temperature, useCache } = last.llmConfig;
  return {
    name: last.name ?? "",
    config: { client, maxTokens, model, reasoner, reasoningEffort, responseFormat, temperature, useCache },
    systemPrompt: last.systemPrompt?.content ?? null,
    tools: last.allTools.map((tool) => tool.definition()),
    messages,
    versions: threads.map(({ history, newMessage, workflowStep }) => ({ newMessage, workflowStep, messages: history.length })),
  };
}

function canonicalMessages({ history }: ChatThread): readonly CanonicalMessage[] {
  const places = new Map<string, number>();
  for (const { toolCalls } of history) for (const call of toolCalls) places.set(call.id, places.size);
  const placeOf = (id: string): number => places.get(id) ?? -1;
  return Array.from(history, ({ content, isError, parts, role, toolCall, toolCallId, toolName, toolType, usage }) => ({
    role,
    content,
    isError,
    parts: parts?.map((part) => (part.type === "tool_call" ? { ...part, id: placeOf(part.id) } : part)) ?? null,
    toolName,
    toolType,
    toolCall,
    answers: toolCallId === null ? null : placeOf(toolCallId),
    usage:
      usage === null ? null : { model: usage.model, input: usage.promptTokens, output: usage.completionTokens, total: usage.totalTokens },
  }));
}
