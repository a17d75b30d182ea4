import * as z from "zod";
import { ThreadError } from "../errors/thread-error.ts";

/** A JSON Schema document. */
export type JsonSchema = { readonly [key: string]: unknown };

/** The field of an entity that holds a JSON Schema. */
export const schemaField = z.record(z.string(), z.unknown()).readonly();

/** The field of an entity that holds the JSON Schema of an object. */
export const objectSchemaField = schemaField.refine((schema) => schema.type === "object", {
  error: 'a tool takes an object: the schema needs "type": "object"',
});

/**
 * Writes a zod schema as JSON Schema. Objects that drop unknown keys are described as taking none, which lets a provider
 * hold the model to the schema. Throws `invalid_tool` for what JSON Schema cannot say.
 */
export function jsonSchemaOf(schema: z.ZodType, io: "input" | "output", path: string): JsonSchema {
  try {
    const {
      $schema: _,
      "~standard": __,
      ...rest
    } = z.toJSONSchema(schema, {
      io,
      override: ({ jsonSchema }) => {
        if (jsonSchema.properties !== undefined && jsonSchema.additionalProperties === undefined) jsonSchema.additionalProperties = false;
      },
    });
    return rest;
  } catch (cause) {
    throw new ThreadError(
      "invalid_tool",
      `${path} can't be written as JSON Schema: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
  }
}
