import type { AnyEntityClass } from "../entity/entity.ts";
import type { ResolveConflict } from "../merge/merge-conflict.ts";
import type { Logger } from "../observe/logger.ts";
import type { StaleParentPolicy } from "../storage/commit.ts";
import type { PrunePolicy } from "../storage/retention.ts";
import type { StorageStatistics } from "../storage/entity-storage.ts";

/** How a registry is set up. */
export interface RegistryOptions {
  /** Classes that stored trees may hold and that no field of a used class leads to, such as members of a family; those it stores itself it knows. */
  readonly entities?: readonly AnyEntityClass[];
  /** Told of what is stored, refused and loaded, by ids and counts. Nothing is logged without one. */
  readonly logger?: Logger;
  /** Who makes the commits, unless a call says otherwise. */
  readonly actor?: string;
  /** The time that commits are stamped with. */
  readonly now?: () => Date;
  /** Makes ids: lower-case UUIDs, best of version 7. */
  readonly newId?: () => string;
}

/** How entities are registered. */
export interface RegisterOptions {
  /**
   * What happens when somebody else stored a successor of a given entity's version first: `reject` (the default) throws a
   * {@link ConflictError}, `branch` keeps both, `merge` keeps both and then merges them, so that the given object shows the
   * merged version. Entities that are only reached branch quietly.
   */
  readonly onConflict?: StaleParentPolicy | "merge";
  /** Decides what a `merge` can't; without it such a merge throws a {@link MergeError}, and both versions stay as branches. */
  readonly resolve?: ResolveConflict;
  readonly message?: string;
  readonly actor?: string;
  /** Names the commit, so that it is stored at most once, also by another process. */
  readonly idempotencyKey?: string;
}

/** How entities are refreshed. */
export interface RefreshOptions {
  /**
   * `latest`, the default: what it reaches is shown at the last version of its branch, also where the stored tree holds an older one.
   * `pinned`: what it reaches is shown as the stored tree holds it.
   */
  readonly children?: "latest" | "pinned";
}

/** What registering did. */
export interface Registration {
  /** `committed`; `unchanged` when there was nothing to store; `duplicate` when the idempotency key was stored before. */
  readonly status: "committed" | "unchanged" | "duplicate";
  /** The commit that holds the versions; `null` when nothing had changed. */
  readonly commitId: string | null;
  /** How many versions this call stored. */
  readonly versions: number;
  /** The versions of the given entities that it stored or found unchanged, in their order; empty for a `duplicate`. */
  readonly ecsIds: readonly string[];
}

/** Which versions to list. */
export interface ClassQuery {
  /** `heads`, the default: the last version of each branch. `all`: every version. */
  readonly versions?: "heads" | "all";
  /** Most versions a page, 100 by default. */
  readonly limit?: number;
  /** The `next` of the page before. */
  readonly after?: string;
}

/** Which versions pruning leaves: as {@link PrunePolicy}, but by classes. */
export interface RegistryPrunePolicy extends Omit<PrunePolicy, "types"> {
  /** Only versions of these classes, and of the known classes that extend them, go; of all classes when left out. */
  readonly entities?: readonly AnyEntityClass[];
}

/** How a registry and its store are doing. */
export interface RegistryStatus {
  /** How many commits were asked for and are neither stored nor refused yet. */
  readonly commitsUnderWay: number;
  /** The names of the classes that it can load, sorted. */
  readonly classes: readonly string[];
  readonly storage: StorageStatistics;
}
