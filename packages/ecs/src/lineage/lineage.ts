import type { VersionHeader } from "../storage/stored-version.ts";

/** All versions of one entity. */
export interface Lineage {
  readonly lineageId: string;
  /** In the order they were stored, each after its parent. */
  readonly versions: readonly VersionHeader[];
  /** The last version of each branch, oldest branch first. */
  readonly heads: readonly VersionHeader[];
}
