import type { VersionHeader } from "../storage/stored-version.ts";

/** A version with all it came from, also through merges. */
export function ancestors(byId: ReadonlyMap<string, VersionHeader>, ecsId: string): Set<string> {
  const reached = new Set([ecsId]);
  for (const id of reached) {
    const version = byId.get(id);
    if (version === undefined) continue;
    if (version.parentId !== null) reached.add(version.parentId);
    if (version.mergeParentId !== null) reached.add(version.mergeParentId);
  }
  return reached;
}

/** Finds the version that two versions of a lineage came from last; `undefined` when they have nothing in common. */
export function commonAncestor(versions: readonly VersionHeader[], a: string, b: string): string | undefined {
  const byId = new Map(versions.map((version) => [version.ecsId, version]));
  const ofA = ancestors(byId, a);
  const ofB = ancestors(byId, b);
  return versions.findLast(({ ecsId }) => ofA.has(ecsId) && ofB.has(ecsId))?.ecsId;
}
