import type { EntityRegistry, VersionDiff, VersionHeader } from "@minference/ecs";
import { ChatThread } from "@minference/threads";
import { formatThings } from "../display/quantities.ts";
import { describeChanges, loadChangedMessages } from "./describe-changes.ts";
import type { InspectResult } from "./inspect-result.ts";
import { messageLine } from "./message-text.ts";
import { resolveThread } from "./resolve-thread.ts";

/** One version of a conversation and how it differs from the one it came from; the first differs from nothing. */
interface HistoryEntry {
  readonly header: VersionHeader;
  readonly diff: VersionDiff | null;
}

/** Shows all versions of a conversation and what changed in each. */
export async function threadHistory(registry: EntityRegistry, id: string): Promise<InspectResult> {
  const { lineageId } = await resolveThread(registry, id);
  const { heads, versions } = await registry.lineage(lineageId);
  const entries: HistoryEntry[] = [];
  for (const header of versions) {
    const { ecsId, parentId } = header;
    entries.push({ header, diff: parentId === null ? null : await registry.diff(parentId, ecsId) });
  }
  const [first] = versions;
  const start = first === undefined ? [] : (await registry.getColdSnapshot(ChatThread, first.ecsId)).history.map(messageLine);
  const messages = await loadChangedMessages(
    registry,
    entries.flatMap(({ diff }) => diff ?? []),
  );
  const headIds = new Set(heads.map(({ ecsId }) => ecsId));
  const branched = heads.length > 1;
  const described = entries.map(({ diff, header }) => ({
    header,
    changes: diff === null ? start.map((line) => `+ ${line}`) : describeChanges(diff, messages),
  }));
  const lines = described.flatMap(({ changes, header }) => [
    `${header.ecsId}  ${header.createdAt.toISOString()}${branched && headIds.has(header.ecsId) ? "  (end of a branch)" : ""}`,
    ...changes.map((change) => `  ${change}`),
  ]);
  return {
    text: `${formatThings(versions.length, "version")} of conversation ${lineageId}\n\n${lines.join("\n")}\n`,
    json: {
      lineageId,
      heads: heads.map(({ ecsId }) => ecsId),
      versions: described.map(({ changes, header }) => ({
        id: header.ecsId,
        parentId: header.parentId,
        createdAt: header.createdAt.toISOString(),
        changes,
      })),
    },
  };
}
