import type { EntityRegistry, VersionDiff } from "@minference/ecs";
import { ChatMessage } from "@minference/threads";
import { messageLine, shortened } from "./message-text.ts";

/** Messages by the ids of their versions. */
export type MessagesById = ReadonlyMap<string, ChatMessage>;

const historyField = "history";

/** Loads the messages that came or went in some diffs of conversations. */
export async function loadChangedMessages(registry: EntityRegistry, diffs: readonly VersionDiff[]): Promise<MessagesById> {
  const ids = new Set<string>();
  for (const { changes } of diffs) {
    for (const change of changes) {
      if (change.kind !== "reference" || change.field !== historyField) continue;
      for (const id of [change.before, change.after]) if (id !== null) ids.add(id);
    }
  }
  const messages = await registry.getMany(ChatMessage, [...ids]);
  return new Map(messages.map((message) => [message.ecsId, message]));
}

/** Writes what differs between two versions of a conversation: a line a change. */
export function describeChanges({ changes }: VersionDiff, messages: MessagesById): readonly string[] {
  return changes.flatMap((change) => {
    if (change.kind === "value") return [`${change.field}: ${valueText(change.before)} → ${valueText(change.after)}`];
    const side = (sign: string, id: string | null): string[] => {
      if (id === null) return [];
      const message = messages.get(id);
      return [message === undefined ? `${sign} ${change.field} ${id}` : `${sign} ${messageLine(message)}`];
    };
    return [...side("-", change.before), ...side("+", change.after)];
  });
}

function valueText(value: unknown): string {
  return value === undefined ? "nothing" : shortened(JSON.stringify(value));
}
