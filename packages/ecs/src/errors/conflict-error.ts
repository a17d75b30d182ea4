import type { AnyEntityClass, Entity } from "../entity/entity.ts";
import type { CommitConflict, NewVersion } from "../storage/commit.ts";
import type { VersionHeader } from "../storage/stored-version.ts";
import { errorBrand, isBranded } from "./brand.ts";

const brand = "ConflictError";

/** A version that was refused, beside the one that was there first. */
export interface Conflict extends CommitConflict {
  /** The object that was registered; the edits are still in it. */
  readonly entity: Entity;
  /** What would have been stored: fields and references as they differ from the version that both came from. */
  readonly ours: NewVersion;
  /** What is known of the version that was first: somebody else's, or that of another copy in the same call, which was refused as well. */
  readonly theirs: VersionHeader;
}

/** Both sides of a conflict as cold snapshots, with all they refer to. What both refer to is one object. */
export interface ConflictSides<E> {
  /** What would have been stored: the state of the moment that registering was asked for. */
  readonly ours: E;
  readonly theirs: E;
}

/** Loads both sides of those conflicts that are of a class. */
type LoadSides = <C extends AnyEntityClass>(entityClass: C, conflicts: readonly Conflict[]) => Promise<ConflictSides<InstanceType<C>>[]>;

/** Somebody else stored a successor of the version that was edited; nothing was stored and the edits are still in memory. */
export class ConflictError extends Error {
  readonly code = "conflict";
  /** Each refused version with the version that was there first. */
  readonly conflicts: readonly Conflict[];
  readonly [errorBrand] = brand;
  readonly #load: LoadSides;

  constructor(conflicts: readonly Conflict[], load: LoadSides) {
    const [first] = conflicts;
    super(
      `version ${first?.parentId} already has the successor ${first?.headId}` +
        `${conflicts.length > 1 ? ` (and ${conflicts.length - 1} more)` : ""}: ` +
        `load it and repeat the edit there, or register with onConflict "branch"`,
    );
    this.name = brand;
    this.conflicts = conflicts;
    this.#load = load;
  }

  /**
   * Loads both sides of the conflicts that are of a class or its family, in their order, to be compared or merged by hand.
   *
   * @throws {EntityError} as loading any version
   * @throws {StorageError} when the store fails
   */
  sides<C extends AnyEntityClass>(entityClass: C): Promise<ConflictSides<InstanceType<C>>[]> {
    return this.#load(entityClass, this.conflicts);
  }

  /** Recognises a ConflictError, also one of another copy of this package. */
  static is(error: unknown): error is ConflictError {
    return isBranded(error, brand);
  }
}
