import type { MergeConflict } from "../merge/merge-conflict.ts";
import { errorBrand, isBranded } from "./brand.ts";

const brand = "MergeError";

/** Two versions changed the same thing differently, and nothing was given that decides; nothing was stored. */
export class MergeError extends Error {
  readonly code = "merge_conflict";
  /** Every conflict of the merge. */
  readonly conflicts: readonly MergeConflict[];
  readonly [errorBrand] = brand;

  constructor(conflicts: readonly MergeConflict[]) {
    const paths = conflicts.map(({ path }) => path);
    super(
      `both versions changed ${paths.slice(0, 5).join(", ")}${paths.length > 5 ? ` and ${paths.length - 5} more` : ""}: pass a resolve function that decides`,
    );
    this.name = brand;
    this.conflicts = conflicts;
  }

  /** Recognises a MergeError, also one of another copy of this package. */
  static is(error: unknown): error is MergeError {
    return isBranded(error, brand);
  }
}
