import { defineEntity, type EntityDefinition, type Upcast } from "../definition/entity-definition.ts";
import type { FieldDefinition } from "../definition/field-definition.ts";
import type { Fields, Input } from "../definition/field-types.ts";
import { encodeValue } from "../definition/value-codec.ts";
import { EntityError } from "../errors/entity-error.ts";
import { type FromJsonOptions, readEntityJson } from "../json/read-entity-json.ts";
import { writeEntityJson } from "../json/write-entity-json.ts";
import type { JsonValue } from "../storage/json.ts";
import { EntityState } from "./entity-state.ts";
import { assignField, fillFields, isCollection, makeSurface } from "./field-assignment.ts";
import { type Modification, modifications, revert } from "./modifications.ts";
import { hasModifications } from "./modified-states.ts";
import { Stateful, stateOf, type StateSource } from "./stateful.ts";
import { StoredState } from "./stored-state.ts";
import { unfilled } from "./unfilled.ts";
import { contentOf } from "./unmade-collection.ts";

/** How a class is defined beyond its shape. */
export interface DefineOptions {
  /**
   * The version of the shape, from 1 on; stored with each version. Raise it when the meaning of stored fields changes. A class that extends
   * another starts from that one's, so that raising a base raises its family: raise it above every class that extends it.
   */
  readonly schemaVersion?: number;
  /**
   * How fields stored with older schema versions are read: for each version below `schemaVersion` a step that rewrites its
   * payload as that of the next; what they make of it is checked. What is stored stays as it is. References are no part of the payload; their fields keep their names.
   * A class that extends another takes that one's steps over, each before its own step from the same version.
   */
  readonly upcast?: Upcast;
}

// A constraint on the values would make the compiler resolve references to classes that are not complete yet.
// oxlint-disable-next-line typescript/no-explicit-any -- see above
type AnyShape = Readonly<Record<string, any>>;

type AnyConstructor = abstract new (...args: never[]) => Entity;

/** An entity class: what {@link Entity.define} makes, to be extended. */
export interface EntityClass<S, Base, BaseInput> {
  new (input: Input<S> & BaseInput): Fields<S> & Base;
  readonly definition: EntityDefinition;
  /** Defines a class with the fields of this one and more. A reference to this class then also takes the new one. */
  extend<This extends AnyConstructor, E extends AnyShape>(
    this: This,
    name: string,
    shape: E,
    options?: DefineOptions,
  ): EntityClass<E, InstanceType<This>, ConstructorParameters<This>[0]>;
  /**
   * Makes a new entity, with ids of its own, of what `toJSON` gave, of the same parsed from text, or of data written by hand: there an
   * entity needs no `ecsId`, and no `$type` where its field can only hold one class. Objects with one `ecsId` become one entity, so that
   * shared entities and cycles come back as such. Everything is checked against the classes as they are now; {@link backref} fields keep
   * the lineages they name. Of data that does not fit nothing is made.
   *
   * @throws {EntityError} `invalid_value` with the path in the data, from `$` on; `unknown_type`, `wrong_type`
   */
  fromJSON<This extends AnyConstructor>(this: This, json: unknown, options?: FromJsonOptions): InstanceType<This>;
}

/** Any class made with {@link Entity.define} or `extend`. */
export type AnyEntityClass = AnyConstructor & { readonly definition: EntityDefinition };

const entityMark = Symbol("entity");
const inspect = Symbol.for("nodejs.util.inspect.custom");

/**
 * An object that is kept in versions. Edit it in place; `registry.register` stores what changed as new versions of it and
 * of all that hold it, and gives it their ids, while the object stays the same.
 */
export abstract class Entity extends Stateful {
  static readonly definition: EntityDefinition = {
    name: "Entity",
    schemaVersion: 1,
    upcast: {},
    base: null,
    fields: [],
    referenceFields: [],
    fieldNames: new Set(),
  };

  /** Tells a copy made by spreading, which has none of the fields, from plain input. */
  readonly [entityMark] = true;

  /** Called by the classes that {@link Entity.define} makes; classes of your own have no constructor, but static functions. */
  constructor(input: unknown) {
    const { definition } = new.target;
    const isStored = input instanceof StoredState;
    super(definition, isStored ? input : newState);
    if (!isStored && input !== unfilled) fillFields(behind(this), asRecord(definition, input));
  }

  /**
   * Makes a base class from a name, which stands for the class in the store, and a shape of zod schemas, from which come the
   * types, the checks at construction and assignment, and what is stored. Use a getter where a class is not complete yet.
   *
   * @throws {EntityError} `invalid_definition` when a field can't be tracked, naming it.
   */
  static define<S extends AnyShape>(name: string, shape: S, options: DefineOptions = {}): EntityClass<S, Entity, unknown> {
    return defineClass<EntityClass<S, Entity, unknown>>(Entity, name, shape, options);
  }

  /** The id of this version; until it is registered, of the version it will be. A UUID of version 7. */
  get ecsId(): string {
    return behind(this).ecsId;
  }

  /** The id of this object in memory; each loaded copy has its own. */
  get liveId(): string {
    return behind(this).liveId;
  }

  /** The id that all versions of it share. */
  get lineageId(): string {
    return behind(this).lineageId;
  }

  /** The version this one came from; `null` for the first. */
  get parentId(): string | null {
    return behind(this).committed?.parentId ?? null;
  }

  /** When this version was stored; when it was made, until then. */
  get createdAt(): Date {
    const state = behind(this);
    return new Date(state.committed?.createdAt ?? state.draftedAt);
  }

  /** Whether it was loaded from a store. */
  get fromStorage(): boolean {
    return behind(this).fromStorage;
  }

  /**
   * Tells whether it or anything it reaches through references differs from the last version; also true when it was never
   * registered. Costs nothing that grows with the tree; an edit that was taken back is no modification.
   */
  hasModifications(): boolean {
    return hasModifications(behind(this));
  }

  /** Lists what registering would give new versions, with what differs in each; what an entity refers to comes before it. */
  modifications(): Modification<Entity>[] {
    return modifications(behind(this)).map(({ entity, reason, fields }) => {
      if (!(entity instanceof Entity)) throw new EntityError("invalid_value", "this is not an entity");
      return { entity, reason, fields };
    });
  }

  /** Takes back every edit since the last version, here and in everything it reaches. Entities that were never registered keep theirs. */
  revert(): void {
    revert(behind(this));
  }

  /** Shows the fields where Node prints objects; of what it refers to only which version. */
  [inspect](_depth: number, options: object, print: (value: unknown, options: object) => string): string {
    const state = behind(this);
    const shown: Record<string, unknown> = { ecsId: this.ecsId };
    for (const field of state.definition.fields) {
      const { name, holdsEntities, secret } = field;
      const value = contentOf(state, field);
      shown[name] = secret ? "a secret value" : holdsEntities ? encodeValue(value, (inner) => references(inner)) : value;
    }
    return `${this.constructor.name} ${print(shown, options)}`;
  }

  /**
   * The fields as plain JSON data, with the class's name as `$type` and the version as `ecsId`. What it refers to stands in it, each entity
   * where it comes first and by `$type` and `ecsId` alone after that; what would be nested more than a hundred entities deep stands in
   * a list `$more`. Values that JSON has no form for (dates, bigints, maps, sets, NaN) are objects with a `$type`. `fromJSON` reads it.
   */
  toJSON(): Record<string, JsonValue> {
    return writeEntityJson(behind(this));
  }
}

const newState: StateSource = { stateFor: (definition, entity) => new EntityState(definition, entity, true, null) };

function behind(entity: object): EntityState {
  const state = stateOf(entity);
  if (state === undefined) throw new EntityError("invalid_value", "this is not an entity");
  return state;
}

function asRecord(definition: EntityDefinition, input: unknown): Readonly<Record<string, unknown>> {
  if (typeof input !== "object" || input === null)
    throw new EntityError("invalid_value", `${definition.name}: expected an object with its fields`);
  const source = stateOf(input);
  if (source !== undefined) return fieldsOf(source, definition);
  if (entityMark in input) {
    throw new EntityError(
      "invalid_value",
      `${definition.name}: the fields of an entity are not copied by spreading it; write new ${definition.name}(entity) and assign what differs`,
    );
  }
  const unknown = Object.keys(input).filter((key) => !definition.fieldNames.has(key));
  if (unknown.length > 0) throw new EntityError("invalid_value", `${definition.name}: no such field: ${unknown.join(", ")}`);
  return { ...input };
}

/** What a new entity takes over from another: the fields that both have. */
function fieldsOf(source: EntityState, definition: EntityDefinition): Record<string, unknown> {
  const shared = source.definition.fields.filter((field) => definition.fieldNames.has(field.name));
  return Object.fromEntries(shared.map((field) => [field.name, contentOf(source, field)]));
}

function references(value: object): JsonValue | undefined {
  const state = stateOf(value);
  return state === undefined ? undefined : `${state.definition.name} ${state.ecsId}`;
}

function accessor(field: FieldDefinition): PropertyDescriptor {
  return {
    get: isCollection(field)
      ? Stateful.collectionGetter(field.index, (state) => makeSurface(state, field))
      : Stateful.fieldGetter(field.index),
    set(this: object, value: unknown) {
      assignField(behind(this), field, value);
    },
    enumerable: true,
    configurable: true,
  };
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller's declaration says what class comes of a shape
function defineClass<Result>(base: AnyEntityClass, name: string, shape: AnyShape, options: DefineOptions): Result {
  const definition = defineEntity(name, shape, { ...options, base: base.definition === Entity.definition ? null : base.definition });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- entity classes take their fields alone
  const Base = base as unknown as new (input: unknown) => Entity;
  class Defined extends Base {
    static readonly definition = definition;
    static extend(this: AnyEntityClass, extendedName: string, extension: AnyShape, extendOptions: DefineOptions = {}): unknown {
      return defineClass(this, extendedName, extension, extendOptions);
    }
    static fromJSON(this: AnyEntityClass, json: unknown, fromJsonOptions: FromJsonOptions = {}): unknown {
      return readEntityJson(this, json, fromJsonOptions);
    }
  }
  const inherited = base.definition.fields.length;
  for (const field of definition.fields.slice(inherited)) Object.defineProperty(Defined.prototype, field.name, accessor(field));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the fields exist as accessors made at run time
  return Defined as unknown as Result;
}
