import type { EntityRegistry } from "@minference/ecs";
import { describeChanges, loadChangedMessages } from "./describe-changes.ts";
import type { InspectResult } from "./inspect-result.ts";
import { resolveThread } from "./resolve-thread.ts";

/** Shows what differs between two versions, of one conversation or of two. */
export async function diffThreads(registry: EntityRegistry, from: string, to: string): Promise<InspectResult> {
  const before = await resolveThread(registry, from);
  const after = await resolveThread(registry, to);
  const diff = await registry.diff(before.ecsId, after.ecsId);
  const changes = describeChanges(diff, await loadChangedMessages(registry, [diff]));
  const lines = [`from ${before.ecsId}`, `to   ${after.ecsId}`, "", ...(changes.length === 0 ? ["no difference"] : changes)];
  return { text: `${lines.join("\n")}\n`, json: { from: before.ecsId, to: after.ecsId, changes: diff.changes } };
}
