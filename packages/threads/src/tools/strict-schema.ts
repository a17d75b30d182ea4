import type { JsonSchema } from "./json-schema.ts";

function isRecord(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Says what a value may be; without any of these a schema allows all. */
const kinds = ["type", "anyOf", "oneOf", "allOf", "$ref", "enum", "const"] as const;

/** What no provider's strict mode has. */
const unknown = ["not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties", "prefixItems"] as const;

/**
 * Tells whether a provider can hold a model to a schema: every object in it names all its properties and takes no others, and nothing in it
 * allows any value (https://platform.openai.com/docs/guides/structured-outputs). A request that claims it for any other schema is refused.
 * Properties that may be left out are the client's to adapt: it asks for null there, and takes it back from the answer.
 */
export function allowsStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(allowsStrict);
  if (schema === undefined) return true;
  if (!isRecord(schema)) return false;
  if (!kinds.some((keyword) => keyword in schema) || unknown.some((keyword) => keyword in schema)) return false;
  if (Array.isArray(schema.allOf) && schema.allOf.length > 1) return false;
  if (schema.type === "object" || schema.properties !== undefined) {
    if (schema.additionalProperties !== false) return false;
    if (!Object.values(isRecord(schema.properties) ? schema.properties : {}).every(allowsStrict)) return false;
  }
  const inner = [schema.items, schema.anyOf, schema.oneOf, schema.allOf];
  const named = [schema.$defs, schema.definitions].flatMap((definitions) => (isRecord(definitions) ? Object.values(definitions) : []));
  return [...inner, ...named].every(allowsStrict);
}
