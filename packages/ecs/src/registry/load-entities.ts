import type { EntityDefinition } from "../definition/entity-definition.ts";
import type { FieldDefinition } from "../definition/field-definition.ts";
import { isPlainObject } from "../definition/frozen-value.ts";
import { decodeValue } from "../definition/value-codec.ts";
import { type FilledSlots, pairs } from "../entity/filled-slots.ts";
import { type AnyEntityClass, Entity } from "../entity/entity.ts";
import { asNow, type EntityState, isAbsent } from "../entity/entity-state.ts";
import { assignField, checkedFor, isCollection, makeContainer } from "../entity/field-assignment.ts";
import { stateOf, writeField } from "../entity/stateful.ts";
import { contentOf, isEmptyCollection, unmade } from "../entity/unmade-collection.ts";
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
  /** Whether what was redacted becomes entities without fields, to be let go of, instead of being refused. */
  readonly standIns?: boolean;
}

/** Makes the entities of versions, without their fields yet. */
class EntityMaker {
  readonly #options: LoadOptions;
  /** The class of the version before, which most often is that of the next. */
  #last: AnyEntityClass | null = null;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  begin(version: StoredVersion): EntityState {
    const { home, frozen, standIns = false } = this.#options;
    const entityClass = this.#classOf(version);
    const { schemaVersion } = entityClass.definition;
    if (version.redacted && !standIns)
      throw new EntityError(
        "redacted",
        `${version.type} ${version.ecsId} was redacted: its content is gone for good. To load what holds it, call registry.redact("${version.lineageId}", { detach: true })`,
      );
    if (version.schemaVersion > schemaVersion) {
      throw new EntityError(
        "newer_schema",
        `${version.type} ${version.ecsId} was stored with schema version ${version.schemaVersion}, this program knows ${schemaVersion}: update it`,
      );
    }
    const entity: unknown = Reflect.construct(entityClass, [new StoredState(version, !frozen)]);
    const state = stateOf(entity);
    if (!(entity instanceof Entity) || state === undefined) throw new EntityError("unknown_type", `${version.type} is no entity class`);
    if (entityClass !== this.#last) checkClass(state);
    this.#last = entityClass;
    state.home = home;
    if (version.schemaVersion < schemaVersion) state.wasUpcast = true;
    return state;
  }

  #classOf({ type }: StoredVersion): AnyEntityClass {
    return this.#last !== null && this.#last.definition.name === type ? this.#last : this.#options.catalog.get(type);
  }
}

function isPayload(value: unknown): value is Payload {
  return typeof value === "object" && value !== null && isPlainObject(value);
}

function presentPayload(version: StoredVersion, { schemaVersion, upcast }: EntityDefinition): Payload {
  let { payload } = version;
  for (let from = version.schemaVersion; from < schemaVersion; from++) {
    const step = `${version.type} ${version.ecsId}: the upcast step from schema version ${from}`;
    let next: unknown;
    try {
      next = upcast[from]?.(payload);
    } catch (cause) {
      throw new EntityError("invalid_payload", `${step} failed`, { cause });
    }
    if (!isPayload(next)) throw new EntityError("invalid_payload", `${step} gave no fields: it has to return an object of them`);
    payload = next;
  }
  return payload;
}

/** Refuses what upcast steps have made of a field when the field can't hold it. */
function checkUpcast(field: FieldDefinition, version: StoredVersion, value: unknown): void {
  try {
    checkedFor(field, value);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EntityError(
      "invalid_payload",
      `${version.type} ${version.ecsId}, upcast from schema version ${version.schemaVersion}: ${why}`,
      {
        cause,
      },
    );
  }
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

function loadField({ version, payload, state }: Filling, field: FieldDefinition, slots: FilledSlots): unknown {
  const json = payload[field.name];
  const [first] = slots.children;
  if (field.kind === "ref" && first !== undefined) {
    state.attach(first, field.name, "");
    return first.entity;
  }
  const bySlot = new Map<unknown, EntityState>(field.kind === "composite" ? pairs(slots) : []);
  const embedded = (slot: unknown): unknown => {
    const child = bySlot.get(slot);
    if (child === undefined)
      throw new EntityError("invalid_payload", `${field.path}: version ${version.ecsId} lacks its reference ${String(slot)}`);
    state.attach(child, field.name, String(slot));
    return child.entity;
  };
  const value =
    json === undefined
      ? defaultFor(field, version)
      : decodeValue(json, (tag, content) => (tag === referenceTag ? embedded(content["slot"]) : undefined));
  if (state.wasUpcast && !(field.holdsEntities && isCollection(field))) checkUpcast(field, version, value);
  if (slots.children.length === 0 && isCollection(field) && isEmptyCollection(value)) return unmade;
  const container = isAbsent(value) ? null : makeContainer(state, field);
  if (container === null) return value;
  container.load(value, slots);
  return container.surface;
}

const noSlots: FilledSlots = { slots: [], children: [] };

function slotsByField({ edges }: StoredVersion, stateFor: (ecsId: string) => EntityState): ReadonlyMap<string, FilledSlots> | null {
  if (edges.length === 0) return null;
  const slotsOf = new Map<string, { readonly slots: string[]; readonly children: EntityState[] }>();
  for (const { field, slot, child } of edges) {
    let ofField = slotsOf.get(field);
    if (ofField === undefined) slotsOf.set(field, (ofField = { slots: [], children: [] }));
    ofField.slots.push(slot);
    ofField.children.push(stateFor(child));
  }
  return slotsOf;
}

function fill(version: StoredVersion, state: EntityState, stateFor: (ecsId: string) => EntityState): void {
  const { definition, entity } = state;
  const payload = presentPayload(version, definition);
  const slotsOf = slotsByField(version, stateFor);
  let filling: Filling | null = null;
  let brought: [field: FieldDefinition, value: unknown][] | null = null;
  for (const field of definition.fields) {
    const json = payload[field.name];
    if (field.kind === "value" && typeof json !== "object" && json !== undefined) {
      if (state.wasUpcast) checkUpcast(field, version, json);
      writeField(entity, field.index, json);
      continue;
    }
    const slots = slotsOf?.get(field.name) ?? noSlots;
    if (!field.holdsEntities || slots.children.length > 0 || Object.hasOwn(payload, field.name)) {
      writeField(entity, field.index, loadField((filling ??= { version, state, payload }), field, slots));
      continue;
    }
    const value = defaultFor(field, version);
    if (isAbsent(value) || (stateOf(value) === undefined && isEmptyCollection(value)))
      writeField(entity, field.index, isAbsent(value) || !isCollection(field) ? value : unmade);
    else (brought ??= []).push([field, value]);
  }
  state.baseline = asNow;
  // Entities that come as the default of a new field are an edit: they have to be stored with the next version.
  for (const [field, value] of brought ?? []) assignField(state, field, value);
  if (state.wasUpcast) for (const field of definition.referenceFields) checkUpcast(field, version, contentOf(state, field));
}

/**
 * Makes entities of stored versions that are complete: whatever an edge leads to is among them. Each version becomes one object.
 *
 * @returns finds the entity of a version; `undefined` for what is not among the versions
 */
export function loadEntities(versions: readonly StoredVersion[], options: LoadOptions): (ecsId: string) => Entity | undefined {
  const maker = new EntityMaker(options);
  const byId = new Map<string, EntityState>();
  const states: EntityState[] = [];
  for (const version of versions) {
    const state = maker.begin(version);
    states.push(state);
    byId.set(version.ecsId, state);
  }
  const stateFor = (ecsId: string): EntityState => {
    const state = byId.get(ecsId);
    if (state === undefined) throw new EntityError("invalid_payload", `version ${ecsId} is referred to but not stored`);
    return state;
  };
  for (let index = 0; index < versions.length; index += 1) {
    const version = versions[index];
    const state = states[index];
    if (version === undefined || state === undefined) continue;
    if (version.redacted) state.baseline = asNow;
    else fill(version, state, stateFor);
  }
  if (options.frozen) for (const state of states) state.frozen = true;
  return (ecsId) => {
    const entity = byId.get(ecsId)?.entity;
    return entity instanceof Entity ? entity : undefined;
  };
}
