import type { JsonObject, JsonSchema, JsonValue } from "@minference/clients";

/** Adds null for each property that a strict schema demands and the object leaves out, also in objects within. */
export function withNulls(object: JsonObject, schema: JsonSchema): JsonObject {
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  const left = required.filter((name) => !(name in object)).map((name) => [name, null] as const);
  const given = Object.entries(object).map(([name, value]) => [name, within(value, propertyOf(schema, name))] as const);
  return Object.fromEntries([...given, ...left]);
}

function within(value: JsonValue, schema: JsonSchema | null): JsonValue {
  if (schema === null || value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item: JsonValue) => within(item, asSchema(schema.items)));
  const [first] = Array.isArray(schema.anyOf) ? schema.anyOf : [schema];
  return isObject(value) ? withNulls(value, asSchema(first) ?? {}) : value;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function propertyOf(schema: JsonSchema, name: string): JsonSchema | null {
  const properties = asSchema(schema.properties);
  return properties === null ? null : asSchema(properties[name]);
}

function asSchema(value: unknown): JsonSchema | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : null;
}
