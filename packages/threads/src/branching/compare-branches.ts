import type { EntityRegistry, VersionDiff, VersionHeader } from "@minference/ecs";
import { EntityError } from "@minference/ecs";
import { ChatMessage } from "../message/chat-message.ts";
import { sumUsages, type TokenTotals } from "../usage/token-totals.ts";

/** What a branch has that the version it came from has not. */
export interface BranchDifference {
  /** The `ecsId` of the thread's version. */
  readonly versionId: string;
  /** How many versions it is from the ancestor. */
  readonly versions: number;
  /** The messages it has beyond the ancestor's, in order. */
  readonly messages: readonly ChatMessage[];
  /** The fields besides `history` that differ: name, prompt, configuration, tools. */
  readonly changes: VersionDiff["changes"];
  /** What the answers among these messages cost. */
  readonly usage: TokenTotals;
}

/** How branches differ. */
export interface BranchComparison {
  /** The last version that all of them came from. */
  readonly ancestorId: string;
  /** One for each branch, in order. */
  readonly branches: readonly BranchDifference[];
}

/**
 * Compares versions of a thread with the last version that all of them came from: what was said on each, what was changed, what it cost.
 * Reads the versions since then, the order of the messages, and of the messages those that differ.
 *
 * @throws {EntityError} `not_found` when a version is not stored, or they have no ancestor in common
 */
export async function compareBranches(registry: EntityRegistry, versionIds: readonly string[]): Promise<BranchComparison> {
  const ancestor = await commonAncestor(registry, versionIds);
  const branches = await Promise.all(
    versionIds.map(async (versionId): Promise<BranchDifference> => {
      const { changes, lists } = await registry.diff(ancestor.id, versionId);
      const operations = lists.find(({ field }) => field === "history")?.operations ?? [];
      const ids = operations.flatMap((operation): string[] => {
        if (operation.op === "insert" && typeof operation.element === "string") return [operation.element];
        return operation.op === "replace" && typeof operation.after === "string" ? [operation.after] : [];
      });
      const messages = await registry.getMany(ChatMessage, ids);
      return {
        versionId,
        versions: ancestor.distances.get(versionId) ?? 0,
        messages,
        changes: changes.filter(({ field }) => field !== "history"),
        usage: sumUsages(messages.flatMap(({ usage }) => usage ?? [])),
      };
    }),
  );
  return { ancestorId: ancestor.id, branches };
}

interface Ancestor {
  readonly id: string;
  /** How far each version is from it. */
  readonly distances: ReadonlyMap<string, number>;
}

/** Walks up from all versions at once, a step of each with one query, until a version is found that all of them came from. */
async function commonAncestor(registry: EntityRegistry, versionIds: readonly string[]): Promise<Ancestor> {
  const paths = Array.from(new Set(versionIds), (versionId) => ({ versionId, steps: new Map([[versionId, 0]]), next: versionId }));
  if (paths.length === 0) throw new EntityError("not_found", "there are no branches to compare");
  for (;;) {
    // The first version that all have come to is the last they have in common: the branch that is farthest from it comes to it last.
    const id = paths.map(({ next }) => next).find((candidate) => paths.every(({ steps }) => steps.has(candidate)));
    if (id !== undefined) return { id, distances: new Map(paths.map(({ steps, versionId }) => [versionId, steps.get(id) ?? 0])) };
    const asked = new Set(paths.map(({ next }) => next));
    const headers = new Map<string, VersionHeader>(
      (await registry.storage.loadHeaders([...asked])).map((header) => [header.ecsId, header]),
    );
    let moved = false;
    for (const path of paths) {
      const header = headers.get(path.next);
      if (header === undefined) throw new EntityError("not_found", `the version ${path.next} is not stored`);
      if (header.parentId === null) continue;
      path.next = header.parentId;
      path.steps.set(path.next, path.steps.size);
      moved = true;
    }
    if (!moved) throw new EntityError("not_found", "the versions have no ancestor in common");
  }
}
