import { StorageError } from "../errors/storage-error.ts";

/** Which versions pruning leaves; at least one of `keepLast` and `newerThan` is given. */
export interface PrunePolicy {
  /** So many of the last versions of each chain stay; at least 1. */
  readonly keepLast?: number;
  /** Versions whose commit says this time or a later one stay. */
  readonly newerThan?: Date;
  /** Only versions of these types go; all types when left out. */
  readonly types?: readonly string[];
  /** Only tells what would go. */
  readonly dryRun?: boolean;
}

/** What pruning did, or would do. */
export interface PruneReport {
  /** Versions that went. */
  readonly pruned: number;
  /** Versions that stayed. */
  readonly kept: number;
}

/** A name for a version. */
export interface Tag {
  readonly name: string;
  readonly ecsId: string;
}

/**
 * Refuses a policy that says nothing of what stays. Backends call it before they look anything up.
 *
 * @throws {StorageError} `invalid`
 */
export function checkPrunePolicy({ keepLast, newerThan }: PrunePolicy): void {
  if (keepLast === undefined && newerThan === undefined) {
    throw new StorageError("invalid", "Pruning needs keepLast, newerThan or both: nothing says which versions stay");
  }
  if (keepLast !== undefined && (!Number.isSafeInteger(keepLast) || keepLast < 1)) {
    throw new StorageError("invalid", `keepLast must be a whole number of at least 1, not ${keepLast}`);
  }
  if (newerThan !== undefined && Number.isNaN(newerThan.getTime())) throw new StorageError("invalid", "newerThan is not a valid date");
}
