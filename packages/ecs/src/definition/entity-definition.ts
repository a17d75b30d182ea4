import * as z from "zod";
import { EntityError } from "../errors/entity-error.ts";
import type { Payload } from "../storage/json.ts";
import { defineField, type FieldDefinition } from "./field-definition.ts";

/** The names that entities use themselves. */
const reserved: ReadonlySet<string> = new Set([
  "$more",
  "$type",
  "__proto__",
  "constructor",
  "createdAt",
  "ecsId",
  "fromStorage",
  "hasModifications",
  "lineageId",
  "liveId",
  "modifications",
  "parentId",
  "revert",
  "toJSON",
]);

/** Rewrites the stored fields of one schema version as those of the next. */
export type UpcastStep = (payload: Payload) => Payload;

/** How the stored fields of older schema versions are read: a step from each version to the next, by the version it starts at. */
export type Upcast = Readonly<Record<number, UpcastStep>>;

/** What an entity class was defined with. */
export interface EntityDefinition {
  readonly name: string;
  readonly schemaVersion: number;
  readonly upcast: Upcast;
  /** The family member it extends. */
  readonly base: EntityDefinition | null;
  /** All fields, those of the base first. */
  readonly fields: readonly FieldDefinition[];
  /** Those that can hold entities. */
  readonly referenceFields: readonly FieldDefinition[];
  readonly fieldNames: ReadonlySet<string>;
}

/** Makes a definition from a name and a shape, and refuses what can't be stored or tracked, naming the field. */
export function defineEntity(
  name: string,
  shape: Readonly<Record<string, unknown>>,
  options: { schemaVersion?: number | undefined; upcast?: Upcast | undefined; base?: EntityDefinition | null },
): EntityDefinition {
  if (name.trim() === "") throw new EntityError("invalid_definition", "an entity needs a name");
  const base = options.base ?? null;
  const schemaVersion = options.schemaVersion ?? base?.schemaVersion ?? 1;
  if (!Number.isSafeInteger(schemaVersion) || schemaVersion < 1) {
    throw new EntityError("invalid_definition", `${name}: schemaVersion has to be a whole number from 1 on`);
  }
  if (base !== null && schemaVersion < base.schemaVersion) {
    throw new EntityError(
      "invalid_definition",
      `${name}: schemaVersion ${schemaVersion} is below that of ${base.name}, ${base.schemaVersion}: a family counts its versions together`,
    );
  }
  const upcast = inheritUpcast(base?.upcast ?? {}, options.upcast ?? {});
  checkUpcast(name, schemaVersion, upcast);
  const inherited = new Set(base?.fields.map((field) => field.name));
  const own = Object.keys(shape).map((fieldName, place) => {
    if (reserved.has(fieldName)) throw new EntityError("invalid_definition", `${name}.${fieldName}: the name is taken by every entity`);
    if (inherited.has(fieldName)) throw new EntityError("invalid_definition", `${name}.${fieldName}: ${base?.name} already has this field`);
    const schema = shape[fieldName];
    if (!(schema instanceof z.core.$ZodType)) throw new EntityError("invalid_definition", `${name}.${fieldName}: expected a zod schema`);
    return defineField(name, fieldName, inherited.size + place, schema);
  });
  const fields = [...(base?.fields ?? []), ...own];
  return {
    name,
    schemaVersion,
    upcast,
    base,
    fields,
    referenceFields: fields.filter((field) => field.holdsEntities),
    fieldNames: new Set(fields.map((field) => field.name)),
  };
}

/** Joins the steps of a class with those of its base, which come first. */
function inheritUpcast(inherited: Upcast, own: Upcast): Upcast {
  const joined: Record<number, UpcastStep> = { ...inherited };
  for (const [from, step] of Object.entries(own)) {
    const before = inherited[Number(from)];
    joined[Number(from)] = before === undefined ? step : (payload) => step(before(payload));
  }
  return joined;
}

/** Every version below the present one has exactly one step, so that reading never goes round in circles or gets stuck. */
function checkUpcast(name: string, schemaVersion: number, upcast: Upcast): void {
  const given = Object.keys(upcast).map(Number);
  const missing = Array.from({ length: schemaVersion - 1 }, (_, index) => index + 1).filter((version) => !given.includes(version));
  if (missing.length > 0) {
    throw new EntityError(
      "invalid_definition",
      `${name}: schema version ${schemaVersion} needs an upcast step from version ${missing.join(", ")}`,
    );
  }
  const excess = given.filter((version) => !Number.isInteger(version) || version < 1 || version >= schemaVersion);
  if (excess.length > 0) {
    throw new EntityError(
      "invalid_definition",
      `${name}: upcast has a step from ${excess.join(", ")}, but steps lead from versions below ${schemaVersion}`,
    );
  }
}
