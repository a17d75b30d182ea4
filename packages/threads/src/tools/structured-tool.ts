import type { ToolDefinition } from "@minference/clients";
import * as z from "zod";
import { type JsonSchema, jsonSchemaOf, objectSchemaField } from "./json-schema.ts";
import { allowsStrict } from "./strict-schema.ts";
import { Tool } from "./tool.ts";

/** What a structured tool can be made with beside its schema. */
export interface StructuredToolOptions {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly instructionString?: string | undefined;
  readonly strictSchema?: boolean | undefined;
}

/** A tool that runs nothing: its call is the answer, an object of the given schema. */
export class StructuredTool extends Tool.extend("StructuredTool", {
  description: z.string().default(""),
  instructionString: z.string().default("Please follow this JSON schema for your response:"),
  jsonSchema: objectSchemaField,
}) {
  /** Makes a tool from a JSON Schema of an object. The name defaults to `generate_structured_output`. */
  static fromJsonSchema(jsonSchema: JsonSchema, options: StructuredToolOptions = {}): StructuredTool {
    return new StructuredTool({ ...options, name: options.name ?? "generate_structured_output", jsonSchema });
  }

  /** Makes a tool from a zod schema of an object; transforms are not applied to what the model gives. */
  static fromZod(schema: z.ZodObject, options: StructuredToolOptions = {}): StructuredTool {
    return StructuredTool.fromJsonSchema(jsonSchemaOf(schema, "input", options.name ?? "generate_structured_output"), options);
  }

  definition(): ToolDefinition {
    const { name, description, jsonSchema } = this;
    return {
      name,
      ...(description === "" ? {} : { description }),
      inputSchema: jsonSchema,
      ...(this.strictSchema && allowsStrict(jsonSchema) ? { strict: true } : {}),
    };
  }

  /** The text that tells a model to follow the schema. */
  get instruction(): string {
    return `${this.instructionString} ${JSON.stringify(this.jsonSchema)}`;
  }
}
