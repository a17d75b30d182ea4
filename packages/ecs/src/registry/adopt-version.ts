import { freezeValue } from "../definition/frozen-value.ts";
import { type EntityState, isAbsent } from "../entity/entity-state.ts";
import { assignField, hold, makeContainer, release } from "../entity/field-assignment.ts";
import { stateOf } from "../entity/stateful.ts";
import { contentOf, unmade } from "../entity/unmade-collection.ts";
import type { MovedChild } from "./latest-tree.ts";

type StandIn = (state: EntityState) => EntityState;

/** States with all that they reach. */
export function reachableStates(...roots: readonly EntityState[]): Set<EntityState> {
  const reached = new Set(roots);
  for (const state of reached) for (const [, child] of childrenOf(state)) reached.add(child);
  return reached;
}

function* childrenOf(state: EntityState): Iterable<readonly [slot: string, child: EntityState]> {
  for (const field of state.definition.referenceFields) yield* state.childrenOf(field);
}

/**
 * Finds the object that stands for a loaded one: that of the same version, or of the same lineage where both trees hold only one. Cold
 * snapshots stay as they are, and stand for nothing.
 */
function standIns(roots: readonly EntityState[], loaded: Iterable<EntityState>): StandIn {
  const mine = Array.from(reachableStates(...roots)).filter(({ frozen }) => !frozen);
  const byVersion = new Map(mine.map((state) => [state.planned?.ecsId, state]));
  const byLineage = Map.groupBy(mine, ({ lineageId }) => lineageId);
  const loadedByLineage = Map.groupBy(loaded, ({ lineageId }) => lineageId);
  return (state) => {
    const same = state.planned === null ? undefined : byVersion.get(state.planned.ecsId);
    if (same !== undefined) return same;
    const [first, ...others] = byLineage.get(state.lineageId) ?? [];
    return first === undefined || others.length > 0 || loadedByLineage.get(state.lineageId)?.length !== 1 ? state : first;
  };
}

/**
 * Makes the objects of one tree show another version of it, which was just loaded: objects of a lineage that both have stay the
 * same, and take over fields and identity; others come from the loaded tree. The tree must hold no edits. Entities whose stored version
 * holds another version of a child than is shown count as modified.
 */
export function adoptVersion(root: EntityState, loaded: EntityState, moved: readonly MovedChild[] = []): void {
  const sources = reachableStates(loaded);
  adopt([root], sources, standIns([root], sources), moved);
}

function adopt(roots: readonly EntityState[], sources: Iterable<EntityState>, standIn: StandIn, moved: readonly MovedChild[]): void {
  const adopted: EntityState[] = [];
  const shown = new Map<string | undefined, EntityState>();
  for (const source of sources) {
    const target = standIn(source);
    shown.set(source.planned?.ecsId, target);
    if (target !== source && target.planned?.ecsId === source.planned?.ecsId && holdsTheSame(target, source, standIn)) continue;
    target.flagHolders();
    takeOver(target, source, standIn);
    adopted.push(target);
  }
  for (const state of adopted) state.unflag();
  for (const { holder, shown: child, stored } of moved) {
    const known = shown.get(child);
    if (known !== undefined) shown.get(holder)?.flagChild(known, { ecsId: stored, parentId: null, createdAt: new Date(0) });
  }
  // Those that were unflagged have to know again of what stayed flagged below them.
  for (const state of reachableStates(...roots)) if (state.isFlagged) state.flagHolders();
}

/**
 * Makes objects take on the stored versions that they came to, while they go on showing what they do: what differs is an edit of these.
 *
 * @param came the loaded version with the object that it is of
 */
export function rebaseOnto(came: ReadonlyMap<EntityState, EntityState>): void {
  const roots = Array.from(came.values());
  const shown = Array.from(reachableStates(...roots))
    .filter(({ frozen }) => !frozen)
    .map((state) => ({ state, contents: state.definition.fields.map((field) => contentOf(state, field)) }));
  const others = standIns(roots, reachableStates(...came.keys()));
  const standIn = (state: EntityState): EntityState => came.get(state) ?? others(state);
  adopt(roots, came.keys(), standIn, []);
  for (const [source, state] of came) {
    // What it holds may have moved on.
    for (const [, child] of childrenOf(source)) {
      const held = standIn(child);
      if (held.planned?.ecsId !== child.planned?.ecsId) state.flagChild(held, child.planned);
    }
    if (state.isFlagged) state.flagHolders();
  }
  for (const { state, contents } of shown) {
    for (const field of state.definition.fields) {
      const content = contents[field.index];
      const container = isAbsent(content) || isAbsent(state.valueOf(field)) ? undefined : state.containerOf(field);
      if (container === undefined) assignField(state, field, content);
      else container.replace(content);
    }
  }
}

/** Tells whether an object holds the objects that stand for what another one of its version holds. */
function holdsTheSame(target: EntityState, source: EntityState, standIn: StandIn): boolean {
  return target.definition.referenceFields.every((field) => {
    const held = new Map(target.childrenOf(field));
    return Array.from(source.childrenOf(field)).every(([slot, child]) => held.get(slot) === standIn(child));
  });
}

function takeOver(target: EntityState, source: EntityState, standIn: StandIn): void {
  const standInFor = (value: object): unknown => {
    const state = stateOf(value);
    return state === undefined ? undefined : standIn(state).entity;
  };
  const values: unknown[] = [];
  for (const field of target.definition.fields) {
    const value = source.valueOf(field);
    const content = source.containerOf(field);
    if (value === unmade) {
      target.containerOf(field)?.clear();
      values[field.index] = target.containerOf(field)?.surface ?? unmade;
      continue;
    }
    if (content !== undefined) {
      const slots = new Map(field.holdsEntities ? Array.from(content.slotsBefore(), ([slot, child]) => [slot, standIn(child)]) : []);
      const copy = content.copy();
      const own = makeContainer(target, field);
      if (field.holdsEntities) own?.restoreSlots(slots);
      else own?.replace(copy);
      values[field.index] = isAbsent(value) ? value : own?.surface;
      continue;
    }
    target.containerOf(field)?.clear();
    release(target, field, target.valueOf(field));
    values[field.index] = field.holdsEntities ? freezeValue(value, field.path, standInFor) : value;
    hold(target, field, values[field.index]);
  }
  target.rebase(values);
  if (target.planned?.ecsId !== source.planned?.ecsId) {
    target.planned = source.planned;
    target.committed = source.committed;
  }
  target.home ??= source.home;
  target.wasUpcast = source.wasUpcast;
  for (const container of target.containers()) container.rebase();
}
