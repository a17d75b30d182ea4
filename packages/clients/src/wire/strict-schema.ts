import type { JsonSchema } from "../contract/tool-definition.ts";
import { refuseRecursion } from "./recursive-schema.ts";
import { followRef, isSchema } from "./schema-reference.ts";
import { UnsendableRequestError } from "./unsendable-request-error.ts";

/** What a provider's strict mode takes of JSON Schema. */
export interface StrictRules {
  /** Keywords that are left out: the schema then allows more, and the answer has to be checked against the one that was given. */
  readonly dropped: ReadonlySet<string>;
  /** Formats of text it knows; others are left out. */
  readonly formats: ReadonlySet<string>;
  /** What becomes of a property that is not required: it stays so, or it is required and may be null. */
  readonly optional: "keep" | "null";
  /** Whether a schema may refer to itself. */
  readonly recursion: boolean;
  /** Whether lists and objects may be among the values of an enum. */
  readonly compositeValues: boolean;
  /** Whether the whole may be one of several alternatives. */
  readonly alternativesAtRoot: boolean;
}

const annotations = ["title", "description"] as const;
const notes = ["$schema", "$id", "$comment", "default", "examples", "deprecated", "readOnly", "writeOnly"] as const;
const contents = ["contentEncoding", "contentMediaType", "contentSchema"] as const;
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
const bounds = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "maxItems"] as const;
const others = ["propertyNames", "unevaluatedProperties", "unevaluatedItems"] as const;
const formats = ["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"] as const;

/** All properties are required there; what may be left out becomes null. Source: https://platform.openai.com/docs/guides/structured-outputs */
export const openaiStrict: StrictRules = {
  dropped: new Set([...notes, ...contents, ...sizes, ...others]),
  formats: new Set(formats),
  optional: "null",
  recursion: true,
  compositeValues: true,
  alternativesAtRoot: false,
};

/** Source: https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations */
export const anthropicStrict: StrictRules = {
  dropped: new Set([...notes, ...contents, ...sizes, ...bounds, ...others]),
  formats: new Set([...formats, "uri"]),
  optional: "keep",
  recursion: false,
  compositeValues: false,
  alternativesAtRoot: true,
};

const refused = ["not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties", "prefixItems"] as const;
/** What the regular expressions of neither provider have: looking ahead or behind, references back, word boundaries. */
const beyondPatterns = /\(\?[=!<]|\\[1-9bB]/;

/**
 * Adapts a schema to a strict mode: no other properties in objects, every property required or null, one-of as any-of. Throws
 * `UnsendableRequestError` that names the place where that would change what the schema means.
 */
export function adaptToStrict(schema: JsonSchema, rules: StrictRules, path: string): JsonSchema {
  const { $ref, ...rest } = schema;
  const given = typeof $ref === "string" ? { ...followRef(schema, schema), ...rest } : schema;
  const root = "type" in given ? given : { type: "object", ...given };
  if (root.type !== "object") throw refusal(path, "is no object: wrap it in one");
  if (!rules.alternativesAtRoot && ("anyOf" in root || "oneOf" in root)) throw refusal(path, "has alternatives: wrap it in an object");
  if (!rules.recursion) {
    refuseRecursion(root, path, (place) =>
      refusal(place, "refers to itself, which the provider's strict mode does not have: spell out the levels that are needed"),
    );
  }
  return adapt(root, rules, path);
}

function refusal(path: string, why: string): UnsendableRequestError {
  return new UnsendableRequestError(`${path} ${why}; or leave strict out.`);
}

function adapt(schema: unknown, rules: StrictRules, path: string): JsonSchema {
  if (!isSchema(schema)) throw refusal(path, "is no schema that the provider's strict mode has: describe what is allowed");
  for (const keyword of refused) {
    if (keyword in schema) throw refusal(`${path}.${keyword}`, "is not in the provider's strict mode: say it another way");
  }
  if (typeof schema.$ref === "string") return adaptReference(schema, schema.$ref, rules, path);
  const { allOf, oneOf, ...rest } = schema;
  if (Array.isArray(allOf)) {
    const [only, ...more] = allOf;
    if (more.length > 0 || !isSchema(only)) throw refusal(`${path}.allOf`, "is not in the provider's strict mode: merge its schemas");
    return adapt({ ...rest, ...only }, rules, path);
  }
  const own: Record<string, unknown> = { ...rest, ...(Array.isArray(oneOf) ? { anyOf: oneOf } : {}) };
  if (!["type", "anyOf", "enum", "const"].some((keyword) => keyword in own)) {
    throw refusal(path, "allows any value, which the provider's strict mode does not have: state its type");
  }
  dropUnknown(own, rules);
  if (!rules.compositeValues) refuseComposites(own, path);
  if (Array.isArray(own.anyOf)) own.anyOf = own.anyOf.map((each, index) => adapt(each, rules, `${path}.anyOf[${index}]`));
  if ("items" in own) own.items = adapt(own.items, rules, `${path}.items`);
  adaptDefinitions(own, rules, path);
  return includesObject(own.type) ? adaptObject(own, rules, path) : own;
}

/** A reference stands alone there: what only explains it is left out. */
function adaptReference(schema: JsonSchema, $ref: string, rules: StrictRules, path: string): JsonSchema {
  if (!$ref.startsWith("#")) throw refusal(`${path}.$ref`, "leads out of the schema: bring in what it refers to");
  const beside = Object.keys(schema).filter(
    (keyword) => keyword !== "$ref" && !rules.dropped.has(keyword) && !annotations.some((each) => each === keyword),
  );
  if (beside.length > 0) throw refusal(`${path}.${beside[0]}`, "stands beside a reference, which the provider's strict mode does not have");
  return { $ref };
}

function dropUnknown(own: Record<string, unknown>, { dropped, formats: known }: StrictRules): void {
  for (const keyword of Object.keys(own)) if (dropped.has(keyword)) delete own[keyword];
  if (typeof own.format === "string" && !known.has(own.format)) delete own.format;
  if (typeof own.pattern === "string" && beyondPatterns.test(own.pattern)) delete own.pattern;
  if (dropped.has("maxItems") && typeof own.minItems === "number" && own.minItems > 1) delete own.minItems;
}

function refuseComposites(own: JsonSchema, path: string): void {
  const values: readonly unknown[] = Array.isArray(own.enum) ? own.enum : [];
  if (values.some((value) => typeof value === "object" && value !== null)) {
    throw refusal(`${path}.enum`, "has lists or objects, which the provider's strict mode does not have: describe them as schemas");
  }
}

function adaptDefinitions(own: Record<string, unknown>, rules: StrictRules, path: string): void {
  for (const keyword of ["$defs", "definitions"]) {
    const definitions = own[keyword];
    if (isSchema(definitions)) own[keyword] = mapValues(definitions, (each, name) => adapt(each, rules, `${path}.${keyword}.${name}`));
  }
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
    const property = adapt(each, rules, `${path}.properties.${name}`);
    if (required.has(name) || rules.optional === "keep" || allowsNull(property)) return property;
    return { anyOf: [property, { type: "null" }] };
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
