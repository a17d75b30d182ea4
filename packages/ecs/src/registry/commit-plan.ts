import { type AnyEntityClass, Entity } from "../entity/entity.ts";
import { asNow, type EntityState, type Flight, noFlights, type VersionIdentity } from "../entity/entity-state.ts";
import { modifiedInOrder } from "../entity/modified-states.ts";
import { EntityError } from "../errors/entity-error.ts";
import type { NewVersion, StaleParentPolicy } from "../storage/commit.ts";
import { checkClass } from "./check-class.ts";
import type { EntityCatalog } from "./entity-catalog.ts";
import type { Home } from "./home.ts";
import { classOf } from "./state-of-entity.ts";
import { edgeChanges, encodePayload, isPayloadModified } from "./version-content.ts";

/** What a plan is made with. */
export interface PlanOptions {
  readonly onConflict: StaleParentPolicy;
  readonly createdAt: Date;
  readonly newId: () => string;
  /** Whose versions they are. */
  readonly home: Home;
  /** Where the classes of all that is stored are entered. */
  readonly catalog: EntityCatalog;
  /** The second parents of versions that are merges. */
  readonly mergedFrom?: ReadonlyMap<EntityState, string> | undefined;
}

/** An entity that gets a new version. */
interface Step {
  readonly state: EntityState;
  readonly identity: VersionIdentity;
  readonly before: Before;
}

/** How an entity was before a plan took its state. */
interface Before {
  readonly planned: VersionIdentity | null;
  readonly home: Home | null;
  readonly baseline: EntityState["baseline"];
  readonly wasUpcast: boolean;
  readonly flaggedChildren: ReadonlyMap<EntityState, VersionIdentity | null> | null;
  readonly releasedChildren: ReadonlyMap<EntityState, VersionIdentity | null> | null;
  readonly undoContainers: readonly (() => void)[];
}

/** Of most entities that are new there is nothing else to say. */
const untouched: Before = {
  planned: null,
  home: null,
  baseline: null,
  wasUpcast: false,
  flaggedChildren: null,
  releasedChildren: null,
  undoContainers: [],
};

/**
 * New versions for what changed below some entities, as it was when the plan was made. Making a plan takes the state: edits
 * that come later belong to the next one. A plan that is not stored is rolled back, and the edits are as if never taken.
 */
export class CommitPlan {
  readonly versions: readonly NewVersion[];
  /** The plans under way whose versions it builds on. */
  readonly after: ReadonlySet<Flight>;
  readonly #steps: readonly Step[];

  private constructor(steps: readonly Step[], versions: readonly NewVersion[], after: ReadonlySet<Flight>) {
    this.versions = versions;
    this.after = after;
    this.#steps = steps;
  }

  /** Makes a plan, or returns `null` when nothing differs from the last versions. */
  static make(roots: readonly EntityState[], options: PlanOptions): CommitPlan | null {
    for (const root of roots) checkHome(root, options.home);
    const { modified, unmodified } = modifiedInOrder(roots);
    const identities = new Map<EntityState, VersionIdentity>();
    const after = new Set<Flight>();
    const involve = (state: EntityState): void => {
      checkHome(state, options.home);
      for (const flight of state.flights) after.add(flight);
    };
    const classes = new Set<AnyEntityClass>();
    for (const state of modified) {
      checkClass(state);
      classes.add(classOf(state.entity));
      involve(state);
      identities.set(state, identityFor(state, options));
    }
    options.catalog.add(...classes);
    const versionIdOf = (child: EntityState): string => {
      const identity = identities.get(child);
      if (identity !== undefined) return identity.ecsId;
      involve(child);
      if (child.planned === null) throw new Error("an unregistered entity was left out of the plan");
      return child.planned.ecsId;
    };
    const onConflict = new Map(roots.map((root) => [root, options.onConflict]));
    const versions = Array.from(identities, ([state, identity]) =>
      newVersion(state, identity, versionIdOf, onConflict.get(state) ?? "branch", options),
    );
    for (const state of unmodified) state.unflag();
    if (modified.length === 0) return null;
    const steps = Array.from(identities, ([state, identity]) => take(state, identity, options.home));
    return new CommitPlan(steps, versions, after);
  }

  /** The entity that a version was planned for. */
  entityOf(ecsId: string): Entity {
    const entity = this.#steps.find(({ identity }) => identity.ecsId === ecsId)?.state.entity;
    if (entity instanceof Entity) return entity;
    throw new EntityError("not_found", `no version ${ecsId} was planned`);
  }

  /** The states that versions were planned for, by `ecsId`. */
  states(): Map<string, EntityState> {
    return new Map(this.#steps.map(({ state, identity }) => [identity.ecsId, state]));
  }

  /** Marks the entities that get a new version as being under way. */
  depart(flight: Flight): void {
    const alone = [flight];
    for (const { state } of this.#steps) state.flights = state.flights.length === 0 ? alone : [...state.flights, flight];
  }

  /** Takes the mark away again. */
  land(flight: Flight): void {
    for (const { state } of this.#steps) state.flights = without(state.flights, flight);
  }

  /** Gives the entities the ids that are stored now. */
  apply(): void {
    for (const { state, identity } of this.#steps) state.committed = identity;
  }

  /** Puts every entity back to before the plan; edits made since stay. Plans made later have to be rolled back first. */
  rollBack(): void {
    for (const { state, before } of this.#steps) {
      const { planned, home, baseline, wasUpcast, undoContainers } = before;
      state.planned = planned;
      state.home = home;
      // What was written since has left a copy of the values that the version before has, too.
      if (baseline !== asNow) state.baseline = baseline;
      state.wasUpcast = wasUpcast;
      for (const undo of undoContainers) undo();
    }
    for (const { state, before } of this.#steps) {
      const { flaggedChildren, releasedChildren } = before;
      const since = state.releasedChildren ?? [];
      state.releasedChildren = new Map(releasedChildren);
      for (const [child, knownAs] of flaggedChildren ?? []) {
        if (state.linksTo(child).length > 0) state.flagChild(child, knownAs);
        else state.remember(child, knownAs);
      }
      // Of what the plan took along only the version from before it counts again.
      for (const [child, knownAs] of since) if (flaggedChildren?.has(child) !== true) state.remember(child, knownAs);
      state.ownDirty = true;
      state.flagHolders();
    }
  }
}

function without(flights: readonly Flight[], flight: Flight): readonly Flight[] {
  return flights.length === 1 && flights[0] === flight ? noFlights : flights.filter((one) => one !== flight);
}

function checkHome(state: EntityState, home: Home): void {
  if (state.home === null || state.home === home) return;
  if (state.home.cleared) {
    throw new EntityError(
      "cleared",
      `${state.definition.name} ${state.ecsId} is from before the store was cleared: make a new one of it, as in ${state.definition.name}.fromJSON(entity.toJSON())`,
    );
  }
  throw new EntityError(
    "other_registry",
    `${state.definition.name} ${state.ecsId} belongs to another registry: load it with this one, or make a new entity of it, as in new ${state.definition.name}(entity)`,
  );
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
  options: PlanOptions,
): NewVersion {
  return {
    ecsId: identity.ecsId,
    lineageId: state.lineageFrom(options.newId),
    type: state.definition.name,
    schemaVersion: state.definition.schemaVersion,
    parentId: identity.parentId,
    mergeParentId: options.mergedFrom?.get(state) ?? null,
    payload: isPayloadModified(state) ? encodePayload(state) : null,
    edges: edgeChanges(state, versionIdOf),
    onStaleParent,
  };
}

function take(state: EntityState, identity: VersionIdentity, newHome: Home): Step {
  const before = beforeTaking(state);
  state.home = newHome;
  state.planned = identity;
  state.baseline = asNow;
  state.wasUpcast = false;
  state.unflag();
  return { state, identity, before };
}

/** Tells how an entity is, and makes what its collections hold now their last version. */
function beforeTaking(state: EntityState): Before {
  const { planned, home, baseline, wasUpcast, flaggedChildren, releasedChildren } = state;
  const containers = state.containers();
  const isUntouched = planned === null && home === null && flaggedChildren === null && releasedChildren === null;
  if (isUntouched && containers.length === 0) return untouched;
  const undoContainers = containers.map((container) => container.rebase());
  return { planned, home, baseline, wasUpcast, flaggedChildren, releasedChildren, undoContainers };
}
