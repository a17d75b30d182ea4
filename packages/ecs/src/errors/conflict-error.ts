import type { CommitConflict } from "../storage/commit.ts";
import { errorBrand, isBranded } from "./brand.ts";

const brand = "ConflictError";

/** Somebody else stored a successor of the version that was edited; nothing was stored and the edits are still in memory. */
export class ConflictError extends Error {
  readonly code = "conflict";
  /** Each refused version with the version that was there first. */
  readonly conflicts: readonly CommitConflict[];
  readonly [errorBrand] = brand;

  constructor(conflicts: readonly CommitConflict[]) {
    const [first] = conflicts;
    super(
      `version ${first?.parentId} already has the successor ${first?.headId}` +
        `${conflicts.length > 1 ? ` (and ${conflicts.length - 1} more)` : ""}: ` +
        `load it and repeat the edit there, or register with onConflict "branch"`,
    );
    this.name = brand;
    this.conflicts = conflicts;
  }

  /** Recognises a ConflictError, also one of another copy of this package. */
  static is(error: unknown): error is ConflictError {
    return isBranded(error, brand);
  }
}
