import type { ToolCallPart } from "../contract/message-part.ts";
import type { JsonSchema, ToolDefinition } from "../contract/tool-definition.ts";
import { type AnySchema, type Checked, checkedSchema, type SchemaOutput } from "./checked-schema.ts";

/** A tool, with the schema of its arguments from a schema library or as a JSON Schema document. */
export interface SchemaTool<S extends AnySchema> extends Omit<ToolDefinition, "inputSchema"> {
  readonly schema: S;
  /** The document a model is shown, where the library of `schema` can check values but not write one. */
  readonly jsonSchema?: JsonSchema | undefined;
}

/** A tool whose calls can be checked. */
export interface CheckedTool<A> {
  /** To be put in a request's `tools`. */
  readonly definition: ToolDefinition;
  /** Gives the arguments of a call as the schema makes them, or what is wrong with them, to be sent to the model as an error result. */
  readonly check: (call: ToolCallPart) => Promise<Checked<A>>;
}

/** Makes a tool. Throws `TypeError` where its schema cannot be said in JSON Schema or is broken, or the arguments would be no object. */
export function toolFromSchema<S extends AnySchema>({ schema, jsonSchema, ...tool }: SchemaTool<S>): CheckedTool<SchemaOutput<S>> {
  const { document, check } = checkedSchema(schema, jsonSchema, `The tool ${tool.name}`);
  if (document.type !== "object") throw new TypeError(`The arguments of the tool ${tool.name} have to be an object.`);
  return {
    definition: { ...tool, inputSchema: document },
    check: async (call) => {
      if (call.error !== undefined) return { error: call.error };
      const checked = await check(call.arguments);
      return "error" in checked ? { error: `The arguments do not fit the schema: ${checked.error}` } : checked;
    },
  };
}
