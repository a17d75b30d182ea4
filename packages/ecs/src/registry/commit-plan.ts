import { EntityError } from "../errors/entity-error.ts";
import type { EntityState, FieldRecord, VersionIdentity } from "../entity/entity-state.ts";
import { modifiedInOrder } from "../entity/modified-states.ts";
import type { NewVersion, StaleParentPolicy } from "../storage/commit.ts";
import { edgeChanges, encodePayload, isPayloadModified } from "./version-content.ts";

/** What a plan is made with. */
export interface PlanOptions {
  readonly onConflict: StaleParentPolicy;
  readonly createdAt: Date;
  readonly newId: () => string;
  /** The store that the versions go to. */
  readonly home: object;
}

interface Step {
  readonly state: EntityState;
  readonly identity: VersionIdentity;
  readonly version: NewVersion;
}

/** How an entity was before a plan took its state. */
interface Before {
  readonly state: EntityState;
  readonly planned: VersionIdentity | null;
  readonly baseline: FieldRecord | null;
  readonly flaggedChildren: ReadonlyMap<EntityState, VersionIdentity | null>;
  readonly undoContainers: readonly (() => void)[];
}

/**
 * New versions for what changed below some entities, as it was when the plan was made. Making a plan takes the state: edits
 * that come later belong to the next one. A plan that is not stored is rolled back, and the edits are as if never taken.
 */
export class CommitPlan {
  readonly versions: readonly NewVersion[];
  /** The entities that its versions are of or point at. */
  readonly involved: ReadonlySet<EntityState>;
  readonly #steps: readonly Step[];
  readonly #before: readonly Before[];

  private constructor(steps: readonly Step[], involved: ReadonlySet<EntityState>, before: readonly Before[]) {
    this.versions = steps.map((step) => step.version);
    this.involved = involved;
    this.#steps = steps;
    this.#before = before;
  }

  /** Makes a plan, or returns `null` when nothing differs from the last versions. */
  static make(roots: readonly EntityState[], options: PlanOptions): CommitPlan | null {
    const { modified, unmodified } = modifiedInOrder(roots);
    const identities = new Map(modified.map((state) => [state, identityFor(state, options)]));
    const involved = new Set(modified);
    const versionIdOf = (child: EntityState): string => {
      involved.add(child);
      const identity = identities.get(child) ?? child.planned;
      if (identity === null) throw new Error("an unregistered entity was left out of the plan");
      return identity.ecsId;
    };
    const steps = Array.from(identities, ([state, identity]): Step => {
      const onStaleParent = roots.includes(state) ? options.onConflict : "branch";
      return { state, identity, version: newVersion(state, identity, versionIdOf, onStaleParent, options.newId) };
    });
    for (const state of involved) {
      if (state.home !== null && state.home !== options.home) {
        throw new EntityError(
          "other_registry",
          `${state.definition.name} ${state.ecsId} belongs to another store; build a new entity from its fields to keep it here too`,
        );
      }
    }
    for (const state of unmodified) state.unflag();
    return steps.length === 0
      ? null
      : new CommitPlan(
          steps,
          involved,
          steps.map((step) => take(step, options.home)),
        );
  }

  /** The entities that get a new version. */
  *states(): Iterable<EntityState> {
    for (const { state } of this.#steps) yield state;
  }

  /** Gives the entities the ids that are stored now. */
  apply(): void {
    for (const { state, identity } of this.#steps) state.committed = identity;
  }

  /** Puts every entity back to before the plan; edits made since stay. Plans made later have to be rolled back first. */
  rollBack(): void {
    for (const { state, planned, baseline, undoContainers } of this.#before) {
      state.planned = planned;
      state.baseline = baseline;
      for (const undo of undoContainers) undo();
    }
    for (const { state, flaggedChildren } of this.#before) {
      for (const [child, knownAs] of flaggedChildren) {
        if (child.parents.heldBy(state.weak).length > 0) state.flagChild(child, knownAs);
      }
      state.ownDirty = true;
      state.flagHolders();
    }
  }
}

function identityFor(state: EntityState, { newId, createdAt }: PlanOptions): VersionIdentity {
  const parentId = state.planned?.ecsId ?? null;
  return { ecsId: parentId === null ? state.firstId(newId) : newId(), parentId, createdAt };
}

function newVersion(
  state: EntityState,
  identity: VersionIdentity,
  versionIdOf: (child: EntityState) => string,
  onStaleParent: StaleParentPolicy,
  newId: () => string,
): NewVersion {
  return {
    ecsId: identity.ecsId,
    lineageId: state.lineageFrom(newId),
    type: state.definition.name,
    schemaVersion: state.definition.schemaVersion,
    parentId: identity.parentId,
    mergeParentId: null,
    payload: isPayloadModified(state) ? encodePayload(state) : null,
    edges: edgeChanges(state, versionIdOf),
    onStaleParent,
  };
}

function take({ state, identity }: Step, home: object): Before {
  const before: Before = {
    state,
    planned: state.planned,
    baseline: state.baseline,
    flaggedChildren: state.flaggedChildren ?? new Map(),
    undoContainers: Array.from(state.containers.values(), (container) => container.rebase()),
  };
  state.home = home;
  state.planned = identity;
  state.baseline = state.values;
  state.unflag();
  return before;
}
