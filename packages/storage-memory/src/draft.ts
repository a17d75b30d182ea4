import { type Commit, type CommitConflict, type NewVersion, payloadText, StorageError } from "@minference/ecs";
import type { Chain, Lineage, MemoryVersion } from "./history.ts";

/** What a commit would add: worked out in full before anything is changed. */
export interface Draft {
  readonly placed: readonly { readonly version: MemoryVersion; readonly change: NewVersion }[];
  readonly conflicts: readonly CommitConflict[];
}

/** The stored things a draft is checked against. */
export interface Stored {
  readonly versions: ReadonlyMap<string, MemoryVersion>;
  readonly lineages: ReadonlyMap<string, Lineage>;
}

/**
 * Works out where each version of a commit goes.
 *
 * @throws {StorageError} `duplicate_id`, `unknown_parent`, `unknown_child`, `invalid`
 */
export function draftCommit(commit: Commit, stored: Stored): Draft {
  const drafted = new Map<string, MemoryVersion>();
  const heads = new Map<Chain, MemoryVersion>();
  const lineages = new Set<string>();
  const placed: { version: MemoryVersion; change: NewVersion }[] = [];
  const conflicts: CommitConflict[] = [];
  const find = (id: string) => drafted.get(id) ?? stored.versions.get(id);
  const createdAt = new Date(commit.createdAt);

  for (const change of commit.versions) {
    const parent = checkVersion(change, find, stored.lineages, lineages);
    const head = parent === null ? null : (heads.get(parent.chain) ?? parent.chain.versions.at(-1) ?? null);
    if (parent !== null && head !== null && head !== parent && change.onStaleParent === "reject") {
      conflicts.push({
        ecsId: change.ecsId,
        lineageId: change.lineageId,
        parentId: parent.header.ecsId,
        headId: head.header.ecsId,
      });
    }
    const chain = parent !== null && head === parent ? parent.chain : newChain(change, parent);
    const version = newVersion(commit.id, createdAt, change, parent, chain);
    drafted.set(change.ecsId, version);
    heads.set(chain, version);
    lineages.add(change.lineageId);
    placed.push({ version, change });
  }
  for (const { edges } of commit.versions) {
    for (const { child } of edges) {
      if (child !== null && find(child) === undefined) {
        throw new StorageError("unknown_child", `An edge leads to version ${child}, which is not stored`);
      }
    }
  }
  return { placed, conflicts };
}

function checkVersion(
  change: NewVersion,
  find: (id: string) => MemoryVersion | undefined,
  stored: ReadonlyMap<string, Lineage>,
  drafted: ReadonlySet<string>,
): MemoryVersion | null {
  if (find(change.ecsId) !== undefined) {
    throw new StorageError("duplicate_id", `Version ${change.ecsId} is already stored`);
  }
  for (const id of [change.parentId, change.mergeParentId]) {
    if (id !== null && find(id) === undefined) {
      throw new StorageError("unknown_parent", `The parent ${id} of version ${change.ecsId} is not stored`);
    }
  }
  const parent = change.parentId === null ? null : (find(change.parentId) ?? null);
  if (parent?.header.redacted === true) {
    throw new StorageError("redacted", `The lineage ${change.lineageId} was redacted: nothing can be added to it`);
  }
  if (parent === null) {
    if (stored.has(change.lineageId) || drafted.has(change.lineageId)) {
      throw new StorageError("invalid", `Version ${change.ecsId} has no parent, but its lineage ${change.lineageId} has a first version`);
    }
  } else if (parent.header.lineageId !== change.lineageId || parent.header.type !== change.type) {
    throw new StorageError("invalid", `Version ${change.ecsId} is of another lineage or type than its parent ${parent.header.ecsId}`);
  }
  return parent;
}

function newChain(change: NewVersion, fork: MemoryVersion | null): Chain {
  return {
    lineageId: change.lineageId,
    type: change.type,
    fork,
    versions: [],
    place: -1,
    branches: [],
    slots: undefined,
    changes: undefined,
  };
}

function newVersion(commitId: string, createdAt: Date, change: NewVersion, parent: MemoryVersion | null, chain: Chain): MemoryVersion {
  return {
    header: {
      ecsId: change.ecsId,
      lineageId: change.lineageId,
      type: change.type,
      schemaVersion: change.schemaVersion,
      parentId: change.parentId,
      mergeParentId: change.mergeParentId,
      createdAt,
      commitId,
      redacted: false,
    },
    payload: change.payload === null && parent !== null ? parent.payload : { text: payloadText(change.payload ?? {}, change.ecsId) },
    chain,
    seq: parent === null ? 1 : parent.seq + 1,
    heldBy: [],
  };
}
