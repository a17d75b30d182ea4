import type { EntityDefinition } from "../definition/entity-definition.ts";
import type { FieldDefinition } from "../definition/field-definition.ts";
import { decodeValue } from "../definition/value-codec.ts";
import type { SlotContent } from "../entity/container.ts";
import { Entity } from "../entity/entity.ts";
import { type EntityState, isAbsent } from "../entity/entity-state.ts";
import { assignField, checkedFor, isCollection, makeContainer } from "../entity/field-assignment.ts";
import { stateOf } from "../entity/stateful.ts";
import { isEmptyCollection, unmade } from "../entity/unmade-collection.ts";
import { StoredState } from "../entity/stored-state.ts";
import { EntityError } from "../errors/entity-error.ts";
import type { Payload } from "../storage/json.ts";
import type { StoredVersion } from "../storage/stored-version.ts";
import { checkClass } from "./check-class.ts";
import type { EntityCatalog } from "./entity-catalog.ts";
import type { Home } from "./home.ts";
import { referenceTag } from "./version-content.ts";

/** An entity that is being filled with the fields of a version. */
interface Filling {
  readonly version: StoredVersion;
  readonly state: EntityState;
  /** Its fields, in the form of the present schema. */
  readonly payload: Payload;
}

/** How entities are made of stored versions. */
export interface LoadOptions {
  readonly catalog: EntityCatalog;
  readonly home: Home;
  /** Whether they can be edited. */
  readonly frozen: boolean;
}

function begin(version: StoredVersion, { catalog, home, frozen }: LoadOptions): EntityState {
  const entityClass = catalog.get(version.type);
  const { schemaVersion } = entityClass.definition;
  if (version.redacted) throw new EntityError("redacted", `${version.type} ${version.ecsId} was redacted: its content is gone for good`);
  if (version.schemaVersion > schemaVersion) {
    throw new EntityError(
      "newer_schema",
      `${version.type} ${version.ecsId} was stored with schema version ${version.schemaVersion}, this program knows ${schemaVersion}: update it`,
    );
  }
  const identity = { ecsId: version.ecsId, parentId: version.parentId, createdAt: version.createdAt };
  const entity: unknown = Reflect.construct(entityClass, [new StoredState(version.lineageId, identity, !frozen)]);
  const state = stateOf(entity);
  if (!(entity instanceof Entity) || state === undefined) throw new EntityError("unknown_type", `${version.type} is no entity class`);
  checkClass(state);
  state.home = home;
  state.wasUpcast = version.schemaVersion < schemaVersion;
  return state;
}

function presentPayload(version: StoredVersion, { schemaVersion, upcast }: EntityDefinition): Payload {
  let { payload } = version;
  for (let from = version.schemaVersion; from < schemaVersion; from++) {
    try {
      payload = upcast[from]?.(payload) ?? payload;
    } catch (cause) {
      throw new EntityError("invalid_payload", `${version.type} ${version.ecsId}: the upcast step from schema version ${from} failed`, {
        cause,
      });
    }
  }
  return payload;
}

function defaultFor(field: FieldDefinition, version: StoredVersion): unknown {
  try {
    return checkedFor(field, undefined);
  } catch (cause) {
    throw new EntityError(
      "invalid_payload",
      `${field.path}: version ${version.ecsId} was stored before the field existed, and the field has no default: give it one`,
      { cause },
    );
  }
}

function loadField({ version, payload, state }: Filling, field: FieldDefinition, slots: readonly SlotContent[]): unknown {
  const json = payload[field.name];
  const [first] = slots;
  if (field.kind === "ref" && first !== undefined) {
    const child = first[1];
    if (child !== null) state.attach(child, field.name, "");
    return child?.entity;
  }
  const bySlot = new Map<unknown, EntityState | null>(field.kind === "composite" ? slots : []);
  const embedded = (slot: unknown): unknown => {
    const child = bySlot.get(slot);
    if (child === undefined || child === null)
      throw new EntityError("invalid_payload", `${field.path}: version ${version.ecsId} lacks its reference ${String(slot)}`);
    state.attach(child, field.name, String(slot));
    return child.entity;
  };
  const value =
    json === undefined
      ? defaultFor(field, version)
      : decodeValue(json, (tag, content) => (tag === referenceTag ? embedded(content["slot"]) : undefined));
  if (slots.length === 0 && isCollection(field) && isEmptyCollection(value)) return unmade;
  const container = isAbsent(value) ? null : makeContainer(state, field);
  if (container === null) return value;
  container.load(value, slots);
  return container.surface;
}

const noSlots: readonly SlotContent[] = [];

function slotsByField(
  { edges }: StoredVersion,
  stateFor: (ecsId: string) => EntityState,
): ReadonlyMap<string, readonly SlotContent[]> | null {
  if (edges.length === 0) return null;
  const slotsOf = new Map<string, SlotContent[]>();
  for (const { field, slot, child } of edges) {
    const slots = slotsOf.get(field);
    if (slots === undefined) slotsOf.set(field, [[slot, stateFor(child)]]);
    else slots.push([slot, stateFor(child)]);
  }
  return slotsOf;
}

function fill(version: StoredVersion, state: EntityState, stateFor: (ecsId: string) => EntityState): void {
  const { definition } = state;
  const filling = { version, state, payload: presentPayload(version, definition) };
  const slotsOf = slotsByField(version, stateFor);
  // Of its final length, since an array that grows holds room for more.
  const values: unknown[] = definition.fields.map(() => undefined);
  let brought: [field: FieldDefinition, value: unknown][] | null = null;
  for (const field of definition.fields) {
    const json = filling.payload[field.name];
    if (field.kind === "value" && typeof json !== "object" && json !== undefined) {
      values[field.index] = json;
      continue;
    }
    const slots = slotsOf?.get(field.name) ?? noSlots;
    if (!field.holdsEntities || slots.length > 0 || Object.hasOwn(filling.payload, field.name)) {
      values[field.index] = loadField(filling, field, slots);
      continue;
    }
    const value = defaultFor(field, version);
    if (isAbsent(value) || (stateOf(value) === undefined && isEmptyCollection(value)))
      values[field.index] = isAbsent(value) || !isCollection(field) ? value : unmade;
    else (brought ??= []).push([field, value]);
  }
  state.rebase(values);
  // Entities that come as the default of a new field are an edit: they have to be stored with the next version.
  for (const [field, value] of brought ?? []) assignField(state, field, value);
}

/**
 * Makes entities of stored versions that are complete: whatever an edge leads to is among them. Each version becomes one object.
 *
 * @returns finds the entity of a version; `undefined` for what is not among the versions
 */
export function loadEntities(versions: readonly StoredVersion[], options: LoadOptions): (ecsId: string) => Entity | undefined {
  const byId = new Map<string, EntityState>();
  for (const version of versions) byId.set(version.ecsId, begin(version, options));
  const stateFor = (ecsId: string): EntityState => {
    const state = byId.get(ecsId);
    if (state === undefined) throw new EntityError("invalid_payload", `version ${ecsId} is referred to but not stored`);
    return state;
  };
  for (const version of versions) fill(version, stateFor(version.ecsId), stateFor);
  if (options.frozen) for (const state of byId.values()) state.frozen = true;
  return (ecsId) => {
    const entity = byId.get(ecsId)?.entity;
    return entity instanceof Entity ? entity : undefined;
  };
}
