import type { FieldDefinition } from "../definition/field-definition.ts";
import { encodeValue } from "../definition/value-codec.ts";
import { EntityError } from "../errors/entity-error.ts";
import { embeddedStates } from "../entity/composite.ts";
import { type EntityState, isAbsent } from "../entity/entity-state.ts";
import { stateOf } from "../entity/stateful.ts";
import { contentOf } from "../entity/unmade-collection.ts";
import type { EdgeChange } from "../storage/commit.ts";
import type { JsonValue, Payload } from "../storage/json.ts";

/** The tag of a reference inside a composite field; its content is the slot of the edge. */
export const referenceTag = "ref";

/** Tells which version of an entity a new version has to point at. */
export type VersionIdOf = (child: EntityState) => string;

function isContainerOfEntities(field: FieldDefinition): boolean {
  return field.holdsEntities && field.kind !== "ref" && field.kind !== "composite";
}

function encodeField(state: EntityState, field: FieldDefinition): JsonValue | undefined {
  const value = state.valueOf(field);
  if (isAbsent(value)) return encodeValue(value);
  if (field.kind === "ref") return undefined;
  if (isContainerOfEntities(field)) return [];
  if (field.kind !== "composite") return encodeValue(contentOf(state, field));
  let slot = 0;
  return encodeValue(value, (inner) => (stateOf(inner) === undefined ? undefined : { $type: referenceTag, slot: String(slot++) }));
}

/** Writes the fields of an entity; what stands in edges is left out, a container of entities leaves an empty list as its sign. */
export function encodePayload(state: EntityState): Payload {
  const payload: Record<string, JsonValue> = {};
  for (const field of state.definition.fields) {
    try {
      const json = encodeField(state, field);
      if (json !== undefined) payload[field.name] = json;
    } catch (cause) {
      throw new EntityError("invalid_value", `${field.path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
  return payload;
}

/** Tells whether the payload of an entity differs from that of its last version. */
export function isPayloadModified(state: EntityState): boolean {
  if (state.baseline === null || state.wasUpcast) return true;
  if (!state.ownDirty) return false;
  return state.definition.fields.some((field) => {
    if (field.kind !== "ref" && !isContainerOfEntities(field)) return state.isFieldModified(field);
    const value = state.valueOf(field);
    const before = state.valueBefore(field);
    return isAbsent(value) || isAbsent(before) ? !Object.is(value, before) : false;
  });
}

function* fieldChanges(state: EntityState, field: FieldDefinition): Iterable<readonly [slot: string, child: EntityState | null]> {
  const container = state.containerOf(field);
  if (container !== undefined) {
    yield* container.changes();
  } else if (state.isFieldModified(field)) {
    const before = state.valueBefore(field);
    if (field.kind === "composite") for (const [slot] of embeddedStates(before)) yield [slot, null];
    else if (stateOf(before) !== undefined) yield ["", null];
    yield* state.childrenOf(field);
  }
}

const none: readonly EdgeChange[] = [];

function allEdges(state: EntityState, versionIdOf: VersionIdOf): readonly EdgeChange[] {
  let edges: EdgeChange[] | null = null;
  for (const field of state.definition.referenceFields) {
    for (const [slot, child] of state.childrenOf(field)) (edges ??= []).push({ field: field.name, slot, child: versionIdOf(child) });
  }
  return edges ?? none;
}

/** The slots that differ from the last version: other entities in them, or other versions of the same. */
export function edgeChanges(state: EntityState, versionIdOf: VersionIdOf): readonly EdgeChange[] {
  if (state.definition.referenceFields.length === 0) return none;
  if (state.planned === null) return allEdges(state, versionIdOf);
  const fields = new Map<string, Map<string, string | null>>();
  const change = (field: string, slot: string, child: string | null): void => {
    const slots = fields.get(field);
    if (slots === undefined) fields.set(field, new Map([[slot, child]]));
    else slots.set(slot, child);
  };
  if (state.ownDirty) {
    for (const field of state.definition.referenceFields) {
      for (const [slot, child] of fieldChanges(state, field)) change(field.name, slot, child === null ? null : versionIdOf(child));
    }
  }
  for (const [child, knownAs] of state.flaggedChildren ?? []) {
    const id = versionIdOf(child);
    if (id === knownAs?.ecsId) continue;
    for (const link of state.linksTo(child)) change(link.field, link.slot, id);
  }
  return Array.from(fields, ([field, slots]) => Array.from(slots, ([slot, child]) => ({ field, slot, child }))).flat();
}
