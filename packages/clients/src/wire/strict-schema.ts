import type { JsonSchema } from "../contract/tool-definition.ts";
import { UnsendableRequestError } from "./unsendable-request-error.ts";

/** What a provider's strict mode takes of JSON Schema. */
export interface StrictRules {
  /** Keywords that are left out: the schema then allows more, and the answer has to be checked against the one that was given. */
  readonly dropped: ReadonlySet<string>;
  /** What becomes of a property that is not required. */
  readonly optional: "keep" | "null" | "refuse";
}

const notes = ["$schema", "$id", "$comment", "default", "examples", "deprecated", "readOnly", "writeOnly"] as const;
const sizes = [
  "minLength",
  "maxLength",
  "minProperties",
  "maxProperties",
  "uniqueItems",
  "contains",
  "minContains",
  "maxContains",
] as const;
const bounds = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems"] as const;

/** All properties are required there; what may be left out becomes null. Source: https://platform.openai.com/docs/guides/structured-outputs */
export const openaiStrictTool: StrictRules = {
  dropped: new Set([...notes, ...sizes, "propertyNames", "unevaluatedProperties"]),
  optional: "null",
};

/** As for tools; but an answer's text is not changed, so that nothing may be left out. */
export const openaiStrictFormat: StrictRules = { ...openaiStrictTool, optional: "refuse" };

/** Source: https://docs.anthropic.com/en/docs/build-with-claude/structured-outputs */
export const anthropicStrict: StrictRules = {
  dropped: new Set([...notes, ...sizes, ...bounds, "propertyNames", "unevaluatedProperties"]),
  optional: "keep",
};

const refused = ["not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties", "prefixItems"] as const;

/**
 * Adapts a schema to a strict mode: no other properties in objects, every property required or null, one-of as any-of. Throws
 * `UnsendableRequestError` that names the place where that would change what the schema means.
 */
export function adaptToStrict(schema: JsonSchema, rules: StrictRules, path: string): JsonSchema {
  const root = "type" in schema ? schema : { type: "object", ...schema };
  if (root.type !== "object") throw refusal(path, "is no object: wrap it in one");
  return adapt(root, rules, path);
}

function refusal(path: string, why: string): UnsendableRequestError {
  return new UnsendableRequestError(`${path} ${why}; or leave strict out.`);
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function adapt(schema: unknown, rules: StrictRules, path: string): JsonSchema {
  if (!isSchema(schema)) throw refusal(path, "is no schema that the provider's strict mode has: describe what is allowed");
  for (const keyword of refused) {
    if (keyword in schema) throw refusal(`${path}.${keyword}`, "is not in the provider's strict mode: say it another way");
  }
  const { allOf, oneOf, ...rest } = schema;
  if (Array.isArray(allOf)) {
    const [only, ...others] = allOf;
    if (others.length > 0 || !isSchema(only)) throw refusal(`${path}.allOf`, "is not in the provider's strict mode: merge its schemas");
    return adapt({ ...rest, ...only }, rules, path);
  }
  const own: Record<string, unknown> = { ...rest, ...(Array.isArray(oneOf) ? { anyOf: oneOf } : {}) };
  if (!["type", "anyOf", "$ref", "enum", "const"].some((keyword) => keyword in own)) {
    throw refusal(path, "allows any value, which the provider's strict mode does not have: state its type");
  }
  for (const keyword of Object.keys(own)) if (rules.dropped.has(keyword)) delete own[keyword];
  if (Array.isArray(own.anyOf)) own.anyOf = own.anyOf.map((each, index) => adapt(each, rules, `${path}.anyOf[${index}]`));
  if ("items" in own) own.items = adapt(own.items, rules, `${path}.items`);
  for (const keyword of ["$defs", "definitions"]) {
    const definitions = own[keyword];
    if (isSchema(definitions)) own[keyword] = mapValues(definitions, (each, name) => adapt(each, rules, `${path}.${keyword}.${name}`));
  }
  return includesObject(own.type) ? adaptObject(own, rules, path) : own;
}

function includesObject(type: unknown): boolean {
  return type === "object" || (Array.isArray(type) && type.includes("object"));
}

function adaptObject(schema: Record<string, unknown>, rules: StrictRules, path: string): JsonSchema {
  const { properties, additionalProperties } = schema;
  if (additionalProperties !== undefined && additionalProperties !== false) {
    throw refusal(`${path}.additionalProperties`, "is not in the provider's strict mode: name the properties, or use a list of pairs");
  }
  if (!isSchema(properties))
    throw refusal(path, "is an object of any properties, which the provider's strict mode does not have: name them");
  const required = new Set<unknown>(Array.isArray(schema.required) ? schema.required : []);
  const adapted = mapValues(properties, (each, name) => {
    const place = `${path}.properties.${name}`;
    const property = adapt(each, rules, place);
    if (required.has(name) || rules.optional === "keep") return property;
    if (rules.optional === "refuse") throw refusal(place, "may be left out: make it required, with null where there is none");
    return allowsNull(property) ? property : { anyOf: [property, { type: "null" }] };
  });
  const names = rules.optional === "keep" ? [...required] : Object.keys(properties);
  return { ...schema, properties: adapted, required: names, additionalProperties: false };
}

function mapValues(object: JsonSchema, change: (value: unknown, name: string) => unknown): JsonSchema {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value, name)]));
}

/** Whether a schema allows null, as far as it says so itself. */
export function allowsNull(schema: unknown): boolean {
  if (!isSchema(schema)) return schema === true;
  const { type, anyOf, oneOf, enum: values } = schema;
  if (type === "null" || (Array.isArray(type) && type.includes("null"))) return true;
  if (Array.isArray(values) && values.includes(null)) return true;
  if (schema.const === null) return true;
  return [anyOf, oneOf].some((schemas) => Array.isArray(schemas) && schemas.some(allowsNull));
}
