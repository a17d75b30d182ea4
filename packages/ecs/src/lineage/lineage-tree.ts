import type { VersionHeader } from "../storage/stored-version.ts";
import type { Lineage } from "./lineage.ts";

/** A version among those that came before and after it. */
export interface LineageNode {
  readonly version: VersionHeader;
  /** What came from it, in the order it was stored. A merge stands below its first parent alone. */
  readonly children: readonly LineageNode[];
  /** The merges that took it in as their second parent. */
  readonly mergedInto: readonly VersionHeader[];
  /** Whether it has a second parent, `version.mergeParentId`. */
  readonly isMerge: boolean;
  /** Whether it is the last version of its branch. */
  readonly isHead: boolean;
}

/** The versions of a lineage as a tree. */
export interface LineageTree {
  readonly lineageId: string;
  /** The versions that came from none: the first one, and those whose ancestors were all pruned. */
  readonly roots: readonly LineageNode[];
  /** All versions by `ecsId`, in the order they were stored. */
  readonly nodes: ReadonlyMap<string, LineageNode>;
}

interface GrowingNode extends LineageNode {
  readonly children: GrowingNode[];
  readonly mergedInto: VersionHeader[];
}

/** Arranges the versions of a lineage by what came from what. */
export function lineageTree({ lineageId, versions, heads }: Lineage): LineageTree {
  const headIds = new Set(heads.map(({ ecsId }) => ecsId));
  const nodes = new Map<string, GrowingNode>();
  for (const version of versions) {
    const { ecsId, mergeParentId } = version;
    nodes.set(ecsId, { version, children: [], mergedInto: [], isMerge: mergeParentId !== null, isHead: headIds.has(ecsId) });
  }
  const roots: GrowingNode[] = [];
  for (const node of nodes.values()) {
    const { parentId, mergeParentId } = node.version;
    (nodes.get(parentId ?? "")?.children ?? roots).push(node);
    nodes.get(mergeParentId ?? "")?.mergedInto.push(node.version);
  }
  return { lineageId, roots, nodes };
}
