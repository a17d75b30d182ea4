import { checkValue } from "../definition/check-value.ts";
import type { EntityDefinition } from "../definition/entity-definition.ts";
import type { FieldDefinition } from "../definition/field-definition.ts";
import { decodeValue } from "../definition/value-codec.ts";
import type { SlotContent } from "../entity/container.ts";
import { Entity } from "../entity/entity.ts";
import type { EntityState, FieldRecord } from "../entity/entity-state.ts";
import { makeContainer } from "../entity/field-assignment.ts";
import { stateOf } from "../entity/stateful.ts";
import { StoredState } from "../entity/stored-state.ts";
import { EntityError } from "../errors/entity-error.ts";
import type { Payload } from "../storage/json.ts";
import type { StoredVersion } from "../storage/stored-version.ts";
import type { EntityCatalog } from "./entity-catalog.ts";
import { referenceTag } from "./version-content.ts";

interface Loading {
  readonly version: StoredVersion;
  /** Its fields, in the form of the present schema. */
  readonly payload: Payload;
  readonly entity: Entity;
  readonly state: EntityState;
}

/** How entities are made of stored versions. */
export interface LoadOptions {
  readonly catalog: EntityCatalog;
  readonly home: object;
  /** Whether they can be edited. */
  readonly frozen: boolean;
}

function begin(version: StoredVersion, { catalog, home, frozen }: LoadOptions): Loading {
  const entityClass = catalog.get(version.type);
  if (version.schemaVersion > entityClass.definition.schemaVersion) {
    throw new EntityError(
      "newer_schema",
      `${version.type} ${version.ecsId} was stored with schema version ${version.schemaVersion}, this program knows ${entityClass.definition.schemaVersion}: update it`,
    );
  }
  const identity = { ecsId: version.ecsId, parentId: version.parentId, createdAt: version.createdAt };
  const entity: unknown = Reflect.construct(entityClass, [new StoredState({ lineageId: version.lineageId, identity }, frozen)]);
  const state = stateOf(entity);
  if (!(entity instanceof Entity) || state === undefined) throw new EntityError("unknown_type", `${version.type} is no entity class`);
  state.home = home;
  state.wasUpcast = version.schemaVersion < entityClass.definition.schemaVersion;
  return { version, payload: presentPayload(version, entityClass.definition), entity, state };
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
    return checkValue(field.schema, undefined, field.path);
  } catch (cause) {
    throw new EntityError(
      "invalid_payload",
      `${field.path}: version ${version.ecsId} was stored before the field existed, and the field has no default: give it one`,
      { cause },
    );
  }
}

function loadField({ version, payload, state }: Loading, field: FieldDefinition, slots: readonly SlotContent[]): unknown {
  const json = payload[field.name];
  const [first] = slots;
  if (field.kind === "ref" && first !== undefined) {
    const child = first[1];
    if (child !== null) state.attach(child, field.name, "");
    return child?.entity;
  }
  const embedded = (slot: unknown): unknown => {
    const child = slots.find(([known]) => known === slot)?.[1];
    if (child === undefined || child === null)
      throw new EntityError("invalid_payload", `${field.path}: version ${version.ecsId} lacks its reference ${String(slot)}`);
    state.attach(child, field.name, String(slot));
    return child.entity;
  };
  const value =
    json === undefined
      ? defaultFor(field, version)
      : decodeValue(json, (tag, content) => (tag === referenceTag ? embedded(content["slot"]) : undefined));
  const container = value === null || value === undefined ? null : makeContainer(state, field);
  if (container === null) return value;
  container.load(value, slots);
  return container.surface;
}

function fill(loading: Loading, stateFor: (ecsId: string) => EntityState): void {
  const { version, state } = loading;
  const slotsOf = new Map<string, SlotContent[]>();
  for (const { field, slot, child } of version.edges) {
    const slots = slotsOf.get(field);
    if (slots === undefined) slotsOf.set(field, [[slot, stateFor(child)]]);
    else slots.push([slot, stateFor(child)]);
  }
  const values: FieldRecord = {};
  for (const field of state.definition.fields) values[field.name] = loadField(loading, field, slotsOf.get(field.name) ?? []);
  state.values = values;
  state.baseline = values;
}

/** Makes entities of stored versions that are complete: whatever an edge leads to is among them. Each version becomes one object. */
export function loadEntities(versions: readonly StoredVersion[], options: LoadOptions): Map<string, Entity> {
  const loadings = new Map(versions.map((version) => [version.ecsId, begin(version, options)]));
  const stateFor = (ecsId: string): EntityState => {
    const loading = loadings.get(ecsId);
    if (loading === undefined) throw new EntityError("invalid_payload", `version ${ecsId} is referred to but not stored`);
    return loading.state;
  };
  for (const loading of loadings.values()) fill(loading, stateFor);
  return new Map(Array.from(loadings, ([ecsId, { entity }]) => [ecsId, entity]));
}
