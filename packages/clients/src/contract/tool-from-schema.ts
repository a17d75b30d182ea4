import type { JsonSchema, ToolDefinition } from "./tool-definition.ts";

/**
 * A schema that can write itself as JSON Schema, as zod's and those of other libraries do.
 *
 * Source: https://standardschema.dev/json-schema
 */
export interface StandardJsonSchema {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly jsonSchema: { readonly input: (options: { readonly target: "draft-2020-12" }) => Record<string, unknown> };
  };
}

/** A tool, with the schema of its arguments from a schema library or as a JSON Schema document. */
export interface SchemaTool extends Omit<ToolDefinition, "inputSchema"> {
  readonly schema: StandardJsonSchema | JsonSchema;
}

/** Makes a tool definition. Throws `TypeError` where the schema library cannot say it, or the arguments would be no object. */
export function toolFromSchema({ schema, ...tool }: SchemaTool): ToolDefinition {
  const inputSchema = isStandard(schema) ? writtenOut(tool.name, schema) : schema;
  if (inputSchema.type !== "object") throw new TypeError(`The arguments of the tool ${tool.name} have to be an object.`);
  return { ...tool, inputSchema };
}

function isStandard(schema: StandardJsonSchema | JsonSchema): schema is StandardJsonSchema {
  return "~standard" in schema;
}

function writtenOut(name: string, schema: StandardJsonSchema): JsonSchema {
  const { vendor, jsonSchema } = schema["~standard"];
  try {
    return jsonSchema.input({ target: "draft-2020-12" });
  } catch (cause) {
    throw new TypeError(`The schema of the tool ${name} (${vendor}) cannot be written as JSON Schema.`, { cause });
  }
}
