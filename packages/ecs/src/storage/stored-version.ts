import type { Payload } from "./json.ts";

/** What is known of a version without its content. */
export interface VersionHeader {
  readonly ecsId: string;
  readonly lineageId: string;
  readonly type: string;
  readonly schemaVersion: number;
  readonly parentId: string | null;
  readonly mergeParentId: string | null;
  /** When its commit was made, to the millisecond. */
  readonly createdAt: Date;
  readonly commitId: string;
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
