import type { VersionHeader } from "../storage/stored-version.ts";

/** Finds the version stored last among those that came from a given one, itself included. Versions have to stand after their parents. */
export function lastDescendant(versions: readonly VersionHeader[], ecsId: string): string {
  const descendants = new Set([ecsId]);
  let last = ecsId;
  for (const version of versions) {
    const comesFrom = [version.parentId, version.mergeParentId].some((parent) => parent !== null && descendants.has(parent));
    if (!comesFrom) continue;
    descendants.add(version.ecsId);
    last = version.ecsId;
  }
  return last;
}
