import type { Entity } from "../entity/entity.ts";

/** Something that two versions changed differently, or a whole field in which what both put in does not fit together. */
export interface MergeConflict {
  /** The entity in the merged tree. */
  readonly entity: Entity;
  /** `Entity.field`, with the key, or the place in the base's list, where only that is in conflict. */
  readonly path: string;
  /** What both came from; `undefined` where it was not there. */
  readonly base: unknown;
  readonly ours: unknown;
  readonly theirs: unknown;
}

/** Says what a conflict comes to: one of its three values, or another that fits. `undefined` leaves a key or element out. */
export type ResolveConflict = (conflict: MergeConflict) => unknown;
