import { freezeValue } from "../definition/frozen-value.ts";
import { type EntityState, type FieldRecord, isAbsent } from "../entity/entity-state.ts";
import { hold, makeContainer, release } from "../entity/field-assignment.ts";
import { stateOf } from "../entity/stateful.ts";
import { unmade } from "../entity/unmade-collection.ts";

function reachableStates(root: EntityState): Set<EntityState> {
  const reached = new Set([root]);
  for (const state of reached) {
    for (const field of state.definition.referenceFields) for (const [, child] of state.childrenOf(field)) reached.add(child);
  }
  return reached;
}

/**
 * Makes the objects of one tree show another version of it, which was just loaded: objects of a lineage that both have stay the
 * same, and take over fields and identity; others come from the loaded tree. The tree must hold no edits.
 */
export function adoptVersion(root: EntityState, loaded: EntityState): void {
  const mine = new Map(Array.from(reachableStates(root), (state) => [state.lineageId, state]));
  const standIn = (state: EntityState): EntityState => mine.get(state.lineageId) ?? state;
  const adopted: EntityState[] = [];
  for (const source of reachableStates(loaded)) {
    const target = standIn(source);
    if (target !== source && target.planned?.ecsId === source.planned?.ecsId) continue;
    target.flagHolders();
    takeOver(target, source, standIn);
    adopted.push(target);
  }
  for (const state of adopted) state.unflag();
}

function takeOver(target: EntityState, source: EntityState, standIn: (state: EntityState) => EntityState): void {
  const standInFor = (value: object): unknown => {
    const state = stateOf(value);
    return state === undefined ? undefined : standIn(state).entity;
  };
  const values: FieldRecord = [];
  for (const field of target.definition.fields) {
    const value = source.values[field.index];
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
    release(target, field, target.values[field.index]);
    values[field.index] = field.holdsEntities ? freezeValue(value, field.path, standInFor) : value;
    hold(target, field, values[field.index]);
  }
  target.values = values;
  target.baseline = values;
  target.planned = source.planned;
  target.committed = source.committed;
  target.wasUpcast = source.wasUpcast;
  for (const container of target.containers()) container.rebase();
}
