import * as z from "zod";
import { EntityError } from "../errors/entity-error.ts";
import { defineField, type FieldDefinition } from "./field-definition.ts";

/** The names that entities use themselves. */
const reserved: ReadonlySet<string> = new Set([
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

/** What an entity class was defined with. */
export interface EntityDefinition {
  readonly name: string;
  readonly schemaVersion: number;
  /** The family member it extends. */
  readonly base: EntityDefinition | null;
  /** All fields, those of the base first. */
  readonly fields: readonly FieldDefinition[];
  /** Those that can hold entities. */
  readonly referenceFields: readonly FieldDefinition[];
}

/** Makes a definition from a name and a shape, and refuses what can't be stored or tracked, naming the field. */
export function defineEntity(
  name: string,
  shape: Readonly<Record<string, unknown>>,
  options: { schemaVersion?: number | undefined; base?: EntityDefinition | null },
): EntityDefinition {
  if (name.trim() === "") throw new EntityError("invalid_definition", "an entity needs a name");
  const schemaVersion = options.schemaVersion ?? 1;
  if (!Number.isSafeInteger(schemaVersion) || schemaVersion < 1) {
    throw new EntityError("invalid_definition", `${name}: schemaVersion has to be a whole number from 1 on`);
  }
  const base = options.base ?? null;
  const inherited = new Set(base?.fields.map((field) => field.name));
  const own = Object.keys(shape).map((fieldName) => {
    if (reserved.has(fieldName)) throw new EntityError("invalid_definition", `${name}.${fieldName}: the name is taken by every entity`);
    if (inherited.has(fieldName)) throw new EntityError("invalid_definition", `${name}.${fieldName}: ${base?.name} already has this field`);
    const schema = shape[fieldName];
    if (!(schema instanceof z.core.$ZodType)) throw new EntityError("invalid_definition", `${name}.${fieldName}: expected a zod schema`);
    return defineField(name, fieldName, schema);
  });
  const fields = [...(base?.fields ?? []), ...own];
  return { name, schemaVersion, base, fields, referenceFields: fields.filter((field) => field.holdsEntities) };
}
