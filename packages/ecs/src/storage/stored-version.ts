import type { EdgeChange } from "./commit.ts";
import type { Payload } from "./json.ts";

/** What is known of a version without its content. */
export interface VersionHeader {
  readonly ecsId: string;
  readonly lineageId: string;
  readonly type: string;
  readonly schemaVersion: number;
  /** The version it came from; where pruning took that one, the last before it that stayed. */
  readonly parentId: string | null;
  readonly mergeParentId: string | null;
  /** When its commit was made, to the millisecond. */
  readonly createdAt: Date;
  readonly commitId: string;
  /** Whether the contents of its lineage were taken away for good: the payload is empty then, and there are no edges. */
  readonly redacted: boolean;
}

/** A version as the change that it is from its parent. */
export interface StoredChange extends VersionHeader {
  /** `null` when it is the parent's. */
  readonly payload: Payload | null;
  /** The slots that differ from the parent's, ordered by field and slot; all filled slots when there is no parent. */
  readonly edges: readonly EdgeChange[];
}

/** What is known of a commit besides its versions. */
export interface CommitHeader {
  readonly id: string;
  readonly createdAt: Date;
  readonly actor: string | null;
  readonly message: string | null;
}

/** A filled slot of a stored version. */
export interface StoredEdge {
  readonly field: string;
  readonly slot: string;
  /** The `ecsId` of the child version. */
  readonly child: string;
}

/** A version with its content: encoded fields, and filled slots ordered by field and slot (by code unit, not by locale). */
export interface StoredVersion extends VersionHeader {
  readonly payload: Payload;
  readonly edges: readonly StoredEdge[];
}
