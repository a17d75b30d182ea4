import type { MergeConflict } from "../merge/merge-conflict.ts";
import { errorBrand, isBranded } from "./brand.ts";

const brand = "MergeError";

/** Two versions changed the same thing differently, and nothing was given that decides: both stay as they are, and no merge of them was stored. */
export class MergeError extends Error {
  readonly code = "merge_conflict";
  /** Every conflict of the merge. */
  readonly conflicts: readonly MergeConflict[];
  /** Both versions, to be given to `registry.merge` with a `resolve` function. */
  readonly versions: { readonly ours: string; readonly theirs: string };
  readonly [errorBrand] = brand;

  constructor(conflicts: readonly MergeConflict[], versions: { readonly ours: string; readonly theirs: string }) {
    const paths = conflicts.map(({ path }) => path);
    super(
      `both versions changed ${paths.slice(0, 5).join(", ")}${paths.length > 5 ? ` and ${paths.length - 5} more` : ""}: give registry.merge the versions of this error and a resolve function that decides`,
    );
    this.name = brand;
    this.conflicts = conflicts;
    this.versions = versions;
  }

  /** Recognises a MergeError, also one of another copy of this package. */
  static is(error: unknown): error is MergeError {
    return isBranded(error, brand);
  }
}
