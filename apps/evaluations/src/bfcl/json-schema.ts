import type { JsonSchema } from "@minference/threads";
import * as z from "zod";

/** Why a description of a function can't be used. */
export class SchemaError extends Error {
  override readonly name = "SchemaError";
}

const described = z.record(z.string(), z.unknown());

/** What the names of Python's types are in JSON Schema; null for any value. */
const types: Readonly<Record<string, string | null>> = {
  dict: "object",
  object: "object",
  string: "string",
  integer: "integer",
  float: "number",
  number: "number",
  array: "array",
  list: "array",
  tuple: "array",
  boolean: "boolean",
  any: null,
};

/** Keywords that JSON Schema has too. `optional` says again what `required` leaves out. */
const kept = ["description", "enum", "format", "maximum", "minimum", "default"] as const;

/**
 * Puts a description of a Python function's parameters as JSON Schema: `dict`, `float`, `tuple` and `any` get the names they have there, and
 * objects that list their properties take no others, as a Python function would not. Throws {@link SchemaError} for any other type.
 */
export function toJsonSchema(parameters: unknown, path = "parameters"): JsonSchema {
  const given = described.safeParse(parameters);
  if (!given.success) throw new SchemaError(`${path} is no schema`);
  const schema = given.data;
  const type = typeof schema["type"] === "string" ? types[schema["type"]] : undefined;
  if (type === undefined) throw new SchemaError(`${path} has the type ${JSON.stringify(schema["type"])}`);
  const common = Object.fromEntries(kept.filter((name) => schema[name] !== undefined).map((name) => [name, schema[name]]));
  if (type === null) return common;
  if (type === "array") {
    return { ...common, type, items: schema["items"] === undefined ? {} : toJsonSchema(schema["items"], `${path}.items`) };
  }
  const properties = described.safeParse(schema["properties"]);
  if (type !== "object" || !properties.success) return { ...common, type };
  return {
    ...common,
    type,
    properties: Object.fromEntries(
      Object.entries(properties.data).map(([name, property]) => [name, toJsonSchema(property, `${path}.${name}`)]),
    ),
    required: z.array(z.string()).catch([]).parse(schema["required"]),
    additionalProperties: false,
  };
}
