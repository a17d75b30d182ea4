import type { FieldDefinition } from "../definition/field-definition.ts";
import { className, isPlainObject, setOwn } from "../definition/frozen-value.ts";
import type { AnyEntityClass } from "../entity/entity.ts";
import type { EntityState } from "../entity/entity-state.ts";
import { fillFields } from "../entity/field-assignment.ts";
import { stateOf } from "../entity/stateful.ts";
import { unfilled } from "../entity/unfilled.ts";
import { EntityError } from "../errors/entity-error.ts";
import { EntityCatalog } from "../registry/entity-catalog.ts";
import { isValueTag, type JsonContent, readTagged } from "./tagged-json.ts";
import { moreKey } from "./write-entity-json.ts";

/** How entities are read from JSON. */
export interface FromJsonOptions {
  /** Classes that may stand in the data and that no field leads to, such as members of a family. */
  readonly entities?: readonly AnyEntityClass[];
}

/** Deeper data is refused, and with it what contains itself. */
const deepest = 1_000;

/** What is said of an entity beside its fields. */
const headKeys: ReadonlySet<string> = new Set(["$type", "ecsId", "liveId"]);

interface Mentioned {
  readonly state: EntityState;
  /** Where it was mentioned first. */
  readonly path: string;
  filled: boolean;
}

/** Makes a new entity, and all that it reaches, of plain JSON data. */
export function readEntityJson(entityClass: AnyEntityClass, json: unknown, { entities = [] }: FromJsonOptions): object {
  const catalog = new EntityCatalog();
  for (const known of [entityClass, ...entities]) catalog.add(known);
  return new EntityReader(catalog).read(entityClass, json);
}

class EntityReader {
  readonly #catalog: EntityCatalog;
  readonly #byId = new Map<string, Mentioned>();

  constructor(catalog: EntityCatalog) {
    this.#catalog = catalog;
  }

  read(entityClass: AnyEntityClass, json: unknown): object {
    const content = contentOf(json, "$");
    const { [moreKey]: more, ...fields } = content;
    const root = this.#entity(fields, entityClass, "$", 0);
    if (more !== undefined) {
      if (!Array.isArray(more)) throw invalid(`$.${moreKey}`, "expected an array");
      for (const [index, item] of more.entries())
        this.#entity(contentOf(item, `$.${moreKey}[${index}]`), null, `$.${moreKey}[${index}]`, 0);
    }
    for (const mentioned of this.#byId.values()) if (!mentioned.filled) finish(mentioned);
    if (root.entity instanceof entityClass) return root.entity;
    throw new EntityError("wrong_type", `$: the data is a ${root.definition.name}, not a ${entityClass.definition.name}`);
  }

  /** Finds or makes the entity that an object stands for, and fills it when its fields are there. */
  #entity(content: JsonContent, implied: AnyEntityClass | null, path: string, depth: number): EntityState {
    const entityClass = this.#classOf(content, implied, path);
    const id = content["liveId"] ?? content["ecsId"];
    const mentioned = this.#mention(id, entityClass, path);
    const names = Object.keys(content).filter((key) => !headKeys.has(key));
    if (names.length === 0 && id !== undefined) return mentioned.state;
    if (mentioned.filled) throw invalid(path, `the fields of ${String(id)} stand in the data twice`);
    mentioned.filled = true;
    this.#fill(mentioned.state, names, content, path, depth);
    return mentioned.state;
  }

  #classOf({ $type: name }: JsonContent, implied: AnyEntityClass | null, path: string): AnyEntityClass {
    if (name === undefined && implied !== null) return implied;
    const found = typeof name === "string" ? this.#catalog.find(name) : undefined;
    if (found !== undefined) return found;
    throw new EntityError(
      "unknown_type",
      `${path}: no class ${JSON.stringify(name)} is known: pass it in the option "entities" of fromJSON`,
    );
  }

  #mention(id: unknown, entityClass: AnyEntityClass, path: string): Mentioned {
    const known = typeof id === "string" ? this.#byId.get(id) : undefined;
    if (known !== undefined) {
      if (known.state.definition === entityClass.definition) return known;
      throw invalid(path, `${String(id)} is a ${known.state.definition.name} at ${known.path}, and a ${entityClass.definition.name} here`);
    }
    if (id !== undefined && typeof id !== "string") throw invalid(path, "an id is text");
    const state = stateOf(Reflect.construct(entityClass, [unfilled]));
    if (state === undefined) throw invalid(path, `${entityClass.definition.name} is no entity class`);
    const mentioned = { state, path, filled: false };
    if (id !== undefined) this.#byId.set(id, mentioned);
    return mentioned;
  }

  #fill(state: EntityState, names: readonly string[], content: JsonContent, path: string, depth: number): void {
    const { fields, fieldNames, name } = state.definition;
    const unknown = names.filter((key) => !fieldNames.has(key));
    if (unknown.length > 0) throw invalid(path, `${name} has no field ${unknown.join(", ")}`);
    const input: Record<string, unknown> = {};
    for (const field of fields) {
      if (Object.hasOwn(content, field.name))
        setOwn(input, field.name, this.#field(field, content[field.name], `${path}.${field.name}`, depth + 1));
    }
    fillAt(state, input, path);
  }

  /** Reads a field; where it can only hold entities of one class, these need not name it. */
  #field(field: FieldDefinition, json: unknown, path: string, depth: number): unknown {
    const [target, ...others] = field.targets.map((each) => each());
    const implied = others.length === 0 ? this.#catalog.entityClass(target) : null;
    if (implied === null || field.kind === "composite") return this.#value(json, null, path, depth);
    if (field.kind === "record" && isObject(json) && json["$type"] === undefined) return this.#members(json, implied, path, depth);
    if (field.kind === "list" && Array.isArray(json))
      return json.map((item, index) => this.#value(item, implied, `${path}[${index}]`, depth));
    return this.#value(json, implied, path, depth);
  }

  /** Reads a value, in which objects without `$type` are entities of the implied class, or else plain data. */
  #value(json: unknown, implied: AnyEntityClass | null, path: string, depth: number): unknown {
    if (depth > deepest) throw invalid(path.slice(0, 200), `the data is nested more than ${deepest} levels deep`);
    if (Array.isArray(json)) return json.map((item, index) => this.#value(item, null, `${path}[${index}]`, depth + 1));
    if (typeof json !== "object" || json === null) {
      if (json === null || typeof json === "string" || typeof json === "boolean" || typeof json === "number") return json;
      throw invalid(path, `a ${typeof json} is no JSON`);
    }
    const content = contentOf(json, path);
    const { $type: tag } = content;
    if (tag === undefined) {
      return implied === null ? this.#members(content, null, path, depth) : this.#entity(content, implied, path, depth).entity;
    }
    if (!isValueTag(tag) || "ecsId" in content || "liveId" in content) return this.#entity(content, null, path, depth).entity;
    return at(path, () =>
      readTagged(tag, content, (inner, place, role) => this.#value(inner, role === "value" ? implied : null, path + place, depth + 1)),
    );
  }

  #members(content: JsonContent, implied: AnyEntityClass | null, path: string, depth: number): Record<string, unknown> {
    const members: Record<string, unknown> = {};
    for (const key of Object.keys(content)) setOwn(members, key, this.#value(content[key], implied, `${path}.${key}`, depth + 1));
    return members;
  }
}

/** An entity that was mentioned without fields: one that has none, or one that is missing. */
function finish({ state, path }: Mentioned): void {
  if (state.definition.fields.length > 0) {
    throw invalid(path, `the data refers to ${state.definition.name} by its id, but does not hold it`);
  }
  fillAt(state, {}, path);
}

function fillAt(state: EntityState, input: JsonContent, path: string): void {
  at(path, () => fillFields(state, input));
}

/** Says in an error where in the data it happened. */
function at<Result>(path: string, run: () => Result): Result {
  try {
    return run();
  } catch (cause) {
    if (EntityError.is(cause) && cause.message.startsWith("$")) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new EntityError("invalid_value", `${path}: ${message}`, { cause });
  }
}

function isObject(json: unknown): json is JsonContent {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function contentOf(json: unknown, path: string): JsonContent {
  if (!isObject(json)) throw invalid(path, "expected an object");
  if (!isPlainObject(json)) throw invalid(path, `an instance of ${className(json)} is no JSON`);
  return json;
}

function invalid(path: string, why: string): EntityError {
  return new EntityError("invalid_value", `${path}: ${why}`);
}
