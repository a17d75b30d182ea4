import type { JsonObject, JsonValue } from "@minference/clients";
import type { JsonSchema } from "@minference/threads";

/** Marks an argument that may be left out. */
const absent = "";

/** Tells whether a value fits a schema. */
export type Fits = (schema: JsonSchema, value: JsonValue) => boolean;

/**
 * Takes of the alternatives that a right call's arguments are listed with the first that fits the schema, else the first; objects list them
 * for their properties again. An argument that may be left out is, where no alternative is left. Null where an argument has none at all.
 */
export function firstAlternatives(listed: JsonObject, schema: JsonSchema | null, fits: Fits): JsonObject | null {
  const chosen: [string, JsonValue][] = [];
  for (const [name, alternatives] of Object.entries(listed)) {
    if (!isList(alternatives)) return null;
    const property = propertyOf(schema, name);
    const demanded = isRequired(schema, name);
    const values = alternatives.filter((value) => value !== absent).map((value) => within(value, property, fits));
    const fitting = values.find((value) => property === null || fits(property, value));
    if (fitting !== undefined) chosen.push([name, fitting]);
    else if (!alternatives.includes(absent) && values[0] !== undefined) chosen.push([name, values[0]]);
    else if (demanded && isText(property) && alternatives.includes(absent)) chosen.push([name, absent]);
    else if (demanded || alternatives.length === 0) return null;
  }
  return Object.fromEntries(chosen);
}

function within(value: JsonValue, schema: JsonSchema | null, fits: Fits): JsonValue {
  if (isObject(value)) return asRecord(schema?.["properties"]) === null ? value : (firstAlternatives(value, schema, fits) ?? value);
  if (!isList(value)) return value;
  const items = asRecord(schema?.["items"]);
  return value.map((item) => within(item, items, fits));
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asRecord(value: unknown): JsonSchema | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : null;
}

function propertyOf(schema: JsonSchema | null, name: string): JsonSchema | null {
  return asRecord(asRecord(schema?.["properties"])?.[name]);
}

function isRequired(schema: JsonSchema | null, name: string): boolean {
  return Array.isArray(schema?.["required"]) && schema["required"].includes(name);
}

function isText(schema: JsonSchema | null): boolean {
  return schema?.["type"] === "string";
}
