import type { EntityRegistry, VersionHeader } from "@minference/ecs";
import { ChatThread } from "@minference/threads";
import { escapeForTerminal } from "../display/escape.ts";
import { formatThings } from "../display/quantities.ts";
import type { InspectResult } from "./inspect-result.ts";
import { shortened } from "./message-text.ts";
import { threadHeaders } from "./thread-headers.ts";

const defaultCount = 20;

/** Lists the stored conversations, the latest first. */
export async function listThreads(registry: EntityRegistry, limit: number | null): Promise<InspectResult> {
  const headers: VersionHeader[] = [];
  for await (const header of threadHeaders(registry, "heads")) headers.push(header);
  const latest = headers.slice(-(limit ?? defaultCount)).toReversed();
  const threads = await registry.getMany(
    ChatThread,
    latest.map(({ ecsId }) => ecsId),
  );
  const rows = threads.map((thread) => ({
    id: thread.ecsId,
    lineageId: thread.lineageId,
    createdAt: thread.createdAt.toISOString(),
    name: thread.name,
    client: thread.llmConfig.client,
    messages: thread.history.length,
    question: thread.history[0]?.content ?? thread.newMessage ?? "",
  }));
  const lines = rows.map(
    ({ client, createdAt, id, messages, name, question }) =>
      `${id}  ${createdAt}  ${escapeForTerminal(client)}  ${formatThings(messages, "message")}  ${escapeForTerminal(name ?? "")}: ${shortened(question).slice(0, 60)}`,
  );
  const more =
    headers.length > rows.length ? [`${formatThings(headers.length - rows.length, "earlier conversation")}; --limit N shows more`] : [];
  const text = headers.length === 0 ? "no conversations yet; pnpm demo makes some\n" : `${[...lines, ...more].join("\n")}\n`;
  return { text, json: { total: headers.length, conversations: rows } };
}
