import type { JsonValue } from "../contract/json.ts";
import type { JsonSchema } from "../contract/tool-definition.ts";
import { JsonSchemaValidator } from "./json-schema-validator.ts";
import type { StandardIssue, StandardJsonSchema, StandardSchema } from "./standard-schema.ts";

/** A schema of zod or another library, or a JSON Schema document. */
export type AnySchema = StandardSchema | StandardJsonSchema | JsonSchema;

/** What a value that fits a schema is: the library's own output type, or any JSON where a document describes it. */
export type SchemaOutput<S extends AnySchema> = S extends StandardSchema<infer _, infer Output> ? Output : JsonValue;

/** A value that fits its schema, or what is wrong with it, fit to be shown to a model. */
export type Checked<T> = { readonly value: T } | { readonly error: string };

/** A schema, with the document a model is shown and the check its answer has to pass. */
export interface CheckedSchema<T> {
  readonly document: JsonSchema;
  /** Checks a value, by the schema's own library where it can, else by the document. */
  readonly check: (value: JsonValue) => Promise<Checked<T>>;
}

/**
 * Makes a document and a check of any schema. `written` is the document for a library that can check but not write one. Throws `TypeError`,
 * with the name of what the schema is for, where there is no document or a broken one.
 */
export function checkedSchema<S extends AnySchema>(
  schema: S,
  written: JsonSchema | undefined,
  name: string,
): CheckedSchema<SchemaOutput<S>>;
export function checkedSchema(schema: AnySchema, written: JsonSchema | undefined, name: string): CheckedSchema<unknown> {
  const document = written ?? documentOf(schema, name);
  if (isStandard(schema) && "validate" in schema["~standard"]) {
    const { validate } = schema["~standard"];
    return {
      document,
      check: async (value) => {
        const result = await validate(value);
        return result.issues === undefined ? { value: result.value } : { error: result.issues.map(lineOf).join("; ") };
      },
    };
  }
  const validator = new JsonSchemaValidator();
  try {
    validator.errors(document, null);
  } catch (cause) {
    throw new TypeError(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  return {
    document,
    check: async (value) => {
      const errors = validator.errors(document, value);
      return errors.length === 0 ? { value } : { error: errors.join("; ") };
    },
  };
}

function isStandard(schema: AnySchema): schema is StandardSchema | StandardJsonSchema {
  return "~standard" in schema;
}

function documentOf(schema: AnySchema, name: string): JsonSchema {
  if (!isStandard(schema)) return schema;
  const standard = schema["~standard"];
  if (!("jsonSchema" in standard)) {
    throw new TypeError(`${name}: ${standard.vendor} does not write JSON Schema: give the document as jsonSchema beside the schema.`);
  }
  try {
    return standard.jsonSchema.input({ target: "draft-2020-12" });
  } catch (cause) {
    throw new TypeError(`${name}: the schema (${standard.vendor}) cannot be written as JSON Schema.`, { cause });
  }
}

function lineOf({ message, path = [] }: StandardIssue): string {
  const place = path.map((step) => `/${String(typeof step === "object" ? step.key : step)}`).join("");
  return place === "" ? message : `${place} ${message}`;
}
