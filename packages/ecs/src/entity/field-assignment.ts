import { checkValue } from "../definition/check-value.ts";
import type { FieldDefinition } from "../definition/field-definition.ts";
import { freezeValue } from "../definition/frozen-value.ts";
import { notSure } from "../definition/quick-check.ts";
import { valuesEqual } from "../definition/values-equal.ts";
import { embeddedStates } from "./composite.ts";
import type { Container } from "./container.ts";
import { type EntityState, isAbsent } from "./entity-state.ts";
import { ListContainer } from "./list-container.ts";
import { MapContainer } from "./map-container.ts";
import { RecordContainer } from "./record-container.ts";
import { SetContainer } from "./set-container.ts";
import { stateOf, writeField } from "./stateful.ts";
import { isEmptyCollection, unmade } from "./unmade-collection.ts";

const containerClasses = { list: ListContainer, record: RecordContainer, map: MapContainer, set: SetContainer };

/** Tells whether a field holds a collection that is edited in place. */
export function isCollection({ kind }: FieldDefinition): boolean {
  return kind === "list" || kind === "record" || kind === "map" || kind === "set";
}

/** Makes what a field shows of an empty collection; that is no edit. */
export function makeSurface(state: EntityState, field: FieldDefinition): unknown {
  const surface = makeContainer(state, field)?.surface;
  writeField(state.entity, field.index, surface);
  return surface;
}

/** Makes the container of a field that is edited in place; `null` for other fields. */
export function makeContainer(state: EntityState, field: FieldDefinition): Container | null {
  if (field.kind === "value" || field.kind === "ref" || field.kind === "composite") return null;
  const known = state.containerOf(field);
  if (known !== undefined) return known;
  const container = new containerClasses[field.kind](state, field);
  state.addContainer(container);
  return container;
}

function keepEntity(value: object): unknown {
  return stateOf(value) === undefined ? undefined : value;
}

/** Checks a value for a field, and makes of it what the field can hold. */
export function checkedFor(field: FieldDefinition, value: unknown): unknown {
  const quick = field.quickCheck === null ? notSure : field.quickCheck(value);
  if (quick !== notSure) return quick;
  const checked = checkValue(field.schema, value, field.path, field);
  if (field.kind === "ref") return checked;
  if (isCollection(field) && field.holdsEntities) return checked;
  return freezeValue(checked, field.path, field.kind === "composite" ? keepEntity : undefined);
}

/** Tells the entities in a field that it holds them. */
export function hold(state: EntityState, field: FieldDefinition, value: unknown): void {
  if (field.kind === "ref") {
    const child = stateOf(value);
    if (child !== undefined) state.attach(child, field.name, "");
  } else if (field.kind === "composite") {
    for (const [slot, child] of embeddedStates(value)) state.attach(child, field.name, slot);
  }
}

/** Tells the entities in a field that it no longer holds them. */
export function release(state: EntityState, field: FieldDefinition, value: unknown): void {
  if (field.kind === "ref") {
    const child = stateOf(value);
    if (child !== undefined) state.detach(child, field.name, "");
  } else if (field.kind === "composite") {
    for (const [slot, child] of Array.from(embeddedStates(value))) state.detach(child, field.name, slot);
  }
}

/** Fills the fields of a new entity; nothing is kept when one is invalid. */
export function fillFields(state: EntityState, input: Readonly<Record<string, unknown>>): void {
  const checked = state.definition.fields.map((field) => {
    const value = Object.hasOwn(input, field.name) ? input[field.name] : undefined;
    return value === undefined && field.emptyByDefault ? unmade : checkedFor(field, value);
  });
  for (const field of state.definition.fields) {
    const value = checked[field.index];
    if (value === unmade) state.writeValue(field, value);
    else placeValue(state, field, value);
  }
}

function placeValue(state: EntityState, field: FieldDefinition, value: unknown): void {
  if (isCollection(field) && state.containerOf(field) === undefined && isEmptyCollection(value)) {
    state.writeValue(field, unmade);
    return;
  }
  const container = isAbsent(value) ? null : makeContainer(state, field);
  if (container === null) {
    state.writeValue(field, value);
    hold(state, field, value);
    return;
  }
  container.replace(value);
  state.writeValue(field, container.surface);
}

/** Assigns to a field: checked first, and without any effect when the value is invalid or the same. */
export function assignField(state: EntityState, field: FieldDefinition, value: unknown): void {
  const before = state.valueOf(field);
  const checked = value === before ? value : checkedFor(field, value);
  if (Object.is(checked, before) || (field.kind === "value" && valuesEqual(checked, before))) {
    if (state.frozen) state.beginEdit(field);
    return;
  }
  state.beginEdit(field);
  release(state, field, before);
  const container = state.containerOf(field);
  container?.renewSurface();
  if (isAbsent(checked)) container?.clear();
  placeValue(state, field, checked);
}
