import type { PrunePolicy } from "@minference/ecs";
import { type Chain, filledSlots, letGo, type MemoryVersion } from "./history.ts";

/** Finds what pruning leaves: what the policy and the tags keep, heads, branch points, and all that these hold or were merged from. */
export function keptVersions(
  chains: readonly Chain[],
  tagged: Iterable<MemoryVersion>,
  { keepLast, newerThan, types }: PrunePolicy,
  find: (ecsId: string) => MemoryVersion | undefined,
): Set<MemoryVersion> {
  const kept = new Set(tagged);
  for (const { fork, type, versions } of chains) {
    if (fork !== null) kept.add(fork);
    const all = types !== undefined && !types.includes(type);
    const last = versions.length - (keepLast ?? 1);
    for (const [index, version] of versions.entries()) {
      if (all || index >= last || (newerThan !== undefined && version.header.createdAt >= newerThan)) kept.add(version);
    }
  }
  for (const version of kept) {
    const { mergeParentId } = version.header;
    const reached = filledSlots(version).map(({ child }) => child);
    for (const id of mergeParentId === null ? reached : [...reached, mergeParentId]) {
      const found = find(id);
      if (found !== undefined) kept.add(found);
    }
  }
  return kept;
}

/** Takes away what is not kept of a chain: versions, and the runs of slots that cover none of those left. */
export function pruneChain(chain: Chain, kept: ReadonlySet<MemoryVersion>): void {
  if (chain.versions.every((version) => kept.has(version))) return;
  chain.versions = chain.versions.filter((version) => kept.has(version));
  let parent = chain.fork;
  for (const version of chain.versions) {
    version.header = { ...version.header, parentId: parent?.header.ecsId ?? null };
    parent = version;
  }
  const positions = chain.versions.map(({ seq }) => seq);
  for (const [key, runs] of chain.slots ?? []) {
    const left = runs.filter(({ from, to }) => positions.some((seq) => seq >= from && (to === null || seq <= to)));
    if (left.length === runs.length) continue;
    for (const run of runs) if (!left.includes(run)) letGo(run);
    if (left.length === 0) chain.slots?.delete(key);
    else chain.slots?.set(key, left);
  }
}
