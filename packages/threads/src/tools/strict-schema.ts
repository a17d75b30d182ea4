import type { JsonSchema } from "./json-schema.ts";

function isRecord(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Tells whether a provider can hold a model to a schema: every object in it names all its properties as required and
 * takes no others (https://platform.openai.com/docs/guides/structured-outputs). A request that claims it for any other
 * schema is refused.
 */
export function allowsStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(allowsStrict);
  if (!isRecord(schema)) return true;
  if (schema.type === "object" || schema.properties !== undefined) {
    if (schema.additionalProperties !== false) return false;
    const required = Array.isArray(schema.required) ? new Set<unknown>(schema.required) : new Set<unknown>();
    const properties = isRecord(schema.properties) ? schema.properties : {};
    if (!Object.keys(properties).every((name) => required.has(name))) return false;
    if (!Object.values(properties).every(allowsStrict)) return false;
  }
  const inner = [schema.items, schema.prefixItems, schema.anyOf, schema.oneOf, schema.allOf, schema.not];
  const named = [schema.$defs, schema.definitions].flatMap((definitions) => (isRecord(definitions) ? Object.values(definitions) : []));
  return [...inner, ...named].every(allowsStrict);
}
