import type { ToolDefinition } from "@minference/clients";
import * as z from "zod";
import { objectSchemaField, schemaField } from "./json-schema.ts";
import { allowsStrict } from "./strict-schema.ts";
import { Tool } from "./tool.ts";

/** A tool that runs a function of the application, found in a `CallableRegistry` by the tool's name. */
export class CallableTool extends Tool.extend("CallableTool", {
  /** Tells the model what the tool does. */
  docstring: z.string(),
  inputSchema: objectSchemaField,
  /** The empty schema allows any result. */
  outputSchema: schemaField.default({}),
  /** Source text. It never runs, unless the application registers it, isolated: see `@minference/threads/isolation`. */
  callableText: z.string().nullable().default(null),
}) {
  definition(): ToolDefinition {
    const { name, docstring, inputSchema } = this;
    return {
      name,
      ...(docstring === "" ? {} : { description: docstring }),
      inputSchema,
      ...(this.strictSchema && allowsStrict(inputSchema) ? { strict: true } : {}),
    };
  }
}
