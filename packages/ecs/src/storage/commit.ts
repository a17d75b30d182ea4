import type { Payload } from "./json.ts";

/** What to do when the parent of a new version is no longer the last version of its chain. */
export type StaleParentPolicy = "reject" | "branch";

/** What a slot of a field holds from the new version on. */
export interface EdgeChange {
  readonly field: string;
  /** Empty for a single reference, the key in a record or map, an order key in a list or set. */
  readonly slot: string;
  /** The `ecsId` of a stored version or of one in the same commit; `null` empties the slot. */
  readonly child: string | null;
}

/** One version to store. */
export interface NewVersion {
  readonly ecsId: string;
  readonly lineageId: string;
  /** The entity's defined name. */
  readonly type: string;
  readonly schemaVersion: number;
  /** The version this one came from; `null` for the first of its lineage. May be a version of the same commit that stands before it. */
  readonly parentId: string | null;
  /** The second parent of a merge. */
  readonly mergeParentId: string | null;
  /** Encoded fields; `null` when they are the same as the parent's, whose payload is then shared. */
  readonly payload: Payload | null;
  /** The slots that differ from the parent's; all filled slots when there is no parent. At most one entry a (field, slot). */
  readonly edges: readonly EdgeChange[];
  readonly onStaleParent: StaleParentPolicy;
}

/**
 * Versions that are stored together or not at all. Ids are UUIDs in lower case. A lineage has one version without a parent,
 * which carries a payload; all others have the lineage and type of their parent. Texts hold no NUL and no lone surrogate
 * (payloads may: they are JSON). See {@link checkCommit}.
 */
export interface Commit {
  /** A UUID, new for each commit. */
  readonly id: string;
  readonly createdAt: Date;
  readonly actor: string | null;
  readonly message: string | null;
  /** A commit whose key was stored before is not stored again. */
  readonly idempotencyKey: string | null;
  readonly versions: readonly NewVersion[];
}

/** A new version that was refused because its parent already has a successor on its chain. */
export interface CommitConflict {
  readonly ecsId: string;
  readonly lineageId: string;
  readonly parentId: string;
  /** The last version of the parent's chain, stored by somebody else. */
  readonly headId: string;
}

/**
 * What became of a commit: stored; found stored under the same idempotency key (with the id and time it has there); or
 * refused, with nothing of it stored.
 */
export type CommitOutcome =
  | { readonly status: "committed" }
  | { readonly status: "duplicate"; readonly commitId: string; readonly createdAt: Date }
  | { readonly status: "conflict"; readonly conflicts: readonly CommitConflict[] };
