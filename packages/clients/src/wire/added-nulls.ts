import type { JsonObject, JsonValue } from "../contract/json.ts";
import type { JsonSchema } from "../contract/tool-definition.ts";
import { isJsonObject } from "./read-json.ts";
import { followRef, isSchema } from "./schema-reference.ts";
import { allowsNull } from "./strict-schema.ts";

/**
 * Takes out the nulls that stand for a property left out, where strict mode wanted one: those the schema as it was given does not allow.
 */
export function withoutAddedNulls(value: JsonValue, schema: unknown, root: unknown = schema): JsonValue {
  const given = shapeOf(value, schema, root);
  if (given === null) return value;
  if (Array.isArray(value)) return value.map((item: JsonValue) => withoutAddedNulls(item, given.items, root));
  if (!isJsonObject(value)) return value;
  return withoutNullsIn(value, given, root);
}

function withoutNullsIn(value: JsonObject, schema: JsonSchema, root: unknown): JsonObject {
  const properties = propertiesOf(schema);
  const required: unknown[] = Array.isArray(schema.required) ? schema.required : [];
  const kept = Object.entries(value).filter(
    ([name, each]) =>
      each !== null || required.includes(name) || !Object.hasOwn(properties, name) || allowsNull(followRef(properties[name], root) ?? true),
  );
  return Object.fromEntries(
    kept.map(([name, each]) => [name, Object.hasOwn(properties, name) ? withoutAddedNulls(each, properties[name], root) : each]),
  );
}

function propertiesOf(schema: JsonSchema): JsonSchema {
  return isSchema(schema.properties) ? schema.properties : {};
}

/** The alternative that a value is of; null where that cannot be told. */
function shapeOf(value: JsonValue, schema: unknown, root: unknown): JsonSchema | null {
  const followed = followRef(schema, root);
  const alternatives: unknown = followed?.anyOf ?? followed?.oneOf;
  if (!Array.isArray(alternatives)) return followed;
  const [only, ...others] = alternatives.filter((each) => followRef(each, root)?.type !== "null");
  if (others.length === 0) return shapeOf(value, only, root);
  const shapes = [only, ...others].map((each) => shapeOf(value, each, root));
  return shapes.find((each) => each !== null && fits(value, each, root)) ?? null;
}

/**
 * Whether a value may be of a schema. In strict mode an object has all the properties of its schema and no others, so that its names, and
 * the constants among its values, tell which it is of.
 */
function fits(value: JsonValue, schema: JsonSchema, root: unknown): boolean {
  const types: readonly unknown[] = Array.isArray(schema.type) ? schema.type : [schema.type];
  if (Array.isArray(value)) return types.includes("array");
  if (!isJsonObject(value) || !types.includes("object")) return false;
  const properties = propertiesOf(schema);
  const names = Object.keys(properties);
  if (names.length !== Object.keys(value).length) return false;
  return names.every((name) => Object.hasOwn(value, name) && mayBe(value[name], followRef(properties[name], root)));
}

function mayBe(value: JsonValue | undefined, schema: JsonSchema | null): boolean {
  if (schema === null || value === null) return true;
  if (schema.const !== undefined) return schema.const === value;
  return !Array.isArray(schema.enum) || schema.enum.includes(value);
}
