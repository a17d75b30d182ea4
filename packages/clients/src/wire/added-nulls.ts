import type { JsonObject, JsonValue } from "../contract/json.ts";
import type { JsonSchema } from "../contract/tool-definition.ts";
import { isJsonObject } from "./read-json.ts";
import { allowsNull } from "./strict-schema.ts";

/**
 * Takes out the nulls that stand for a property left out, where strict mode wanted one: those the schema as it was given does not allow.
 */
export function withoutAddedNulls(value: JsonValue, schema: unknown, root: unknown = schema): JsonValue {
  const given = shapeOf(schema, root);
  if (given === null) return value;
  if (Array.isArray(value)) return value.map((item: JsonValue) => withoutAddedNulls(item, given.items, root));
  if (!isJsonObject(value)) return value;
  return withoutNullsIn(value, given, root);
}

function withoutNullsIn(value: JsonObject, schema: JsonSchema, root: unknown): JsonObject {
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const required: unknown[] = Array.isArray(schema.required) ? schema.required : [];
  const kept = Object.entries(value).filter(
    ([name, each]) =>
      each !== null || required.includes(name) || !Object.hasOwn(properties, name) || allowsNull(follow(properties[name], root) ?? true),
  );
  return Object.fromEntries(
    kept.map(([name, each]) => [name, Object.hasOwn(properties, name) ? withoutAddedNulls(each, properties[name], root) : each]),
  );
}

function isRecord(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Follows references within the document; null where they lead nowhere. */
function follow(schema: unknown, root: unknown, depth = 0): JsonSchema | null {
  if (!isRecord(schema) || depth > 20) return null;
  if (typeof schema.$ref !== "string") return schema;
  let target: unknown = root;
  for (const step of schema.$ref.split("/").slice(1)) target = isRecord(target) ? target[step] : undefined;
  return follow(target, root, depth + 1);
}

/** What a value that is not null has to be; null where there are several alternatives. */
function shapeOf(schema: unknown, root: unknown): JsonSchema | null {
  const followed = follow(schema, root);
  const alternatives: unknown = followed?.anyOf ?? followed?.oneOf;
  if (!Array.isArray(alternatives)) return followed;
  const [only, ...others] = alternatives.map((each) => follow(each, root)).filter((each) => each?.type !== "null");
  return only !== undefined && others.length === 0 ? only : null;
}
