import type { EntityRegistry } from "@minference/ecs";
import { type ChatMessage, ChatThread } from "@minference/threads";
import { escapeForTerminal } from "../display/escape.ts";
import { formatCount, formatThings } from "../display/quantities.ts";
import type { InspectResult } from "./inspect-result.ts";
import { messageText } from "./message-text.ts";
import { resolveThread } from "./resolve-thread.ts";

/** Shows a conversation as it was in the version that an id names. */
export async function showThread(registry: EntityRegistry, id: string): Promise<InspectResult> {
  const header = await resolveThread(registry, id);
  const thread = await registry.getColdSnapshot(ChatThread, header.ecsId);
  return { json: threadJson(thread), text: threadText(thread) };
}

function threadText(thread: ChatThread): string {
  const { completionTokens, promptTokens } = thread.totalUsage;
  const { client, model } = thread.llmConfig;
  const head = [
    ["conversation", thread.lineageId],
    ["version", `${thread.ecsId}, stored ${thread.createdAt.toISOString()}`],
    ["name", escapeForTerminal(thread.name ?? "")],
    ["model", escapeForTerminal(`${client}: ${model ?? "its default"}`)],
    [
      "messages",
      `${formatThings(thread.history.length, "message")}, ${formatCount(promptTokens)} tokens read, ${formatCount(completionTokens)} written`,
    ],
  ].map(([name, value]) => `${name?.padEnd(12)}  ${value}`);
  const said = [
    ...(thread.systemPrompt === null ? [] : [`system\n  ${escapeForTerminal(thread.systemPrompt.content, { multiline: true })}`]),
    ...thread.history.map(messageText),
    ...(thread.newMessage === null ? [] : [`to be sent\n  ${escapeForTerminal(thread.newMessage, { multiline: true })}`]),
  ];
  return `${head.join("\n")}\n\n${said.join("\n\n")}\n`;
}

function threadJson(thread: ChatThread): object {
  const { client, model } = thread.llmConfig;
  return {
    id: thread.ecsId,
    lineageId: thread.lineageId,
    parentId: thread.parentId,
    createdAt: thread.createdAt.toISOString(),
    name: thread.name,
    client,
    model,
    usage: thread.totalUsage,
    systemPrompt: thread.systemPrompt?.content ?? null,
    newMessage: thread.newMessage,
    messages: thread.history.map(messageJson),
  };
}

function messageJson(message: ChatMessage): object {
  const { content, ecsId, isError, role, timestamp, toolCallId, toolName } = message;
  return {
    id: ecsId,
    timestamp: timestamp.toISOString(),
    role,
    content,
    ...(role === "tool" ? { toolCallId, toolName, isError } : {}),
    ...(role === "assistant" ? { toolCalls: message.toolCalls.map(({ argumentsText, id, name }) => ({ id, name, argumentsText })) } : {}),
  };
}
