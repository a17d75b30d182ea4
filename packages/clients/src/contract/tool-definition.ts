/** A JSON Schema document. */
export type JsonSchema = { readonly [key: string]: unknown };

/** A tool a model may call. */
export interface ToolDefinition {
  /** Any text; one that a provider would refuse goes there under another name, and comes back under this one. */
  readonly name: string;
  readonly description?: string | undefined;
  /** JSON Schema of the arguments; its type is `object`. */
  readonly inputSchema: JsonSchema;
  /**
   * Whether the provider is to hold the model to the schema, where it can. The schema is adapted to its strict mode; one that cannot be is
   * refused. Default false.
   */
  readonly strict?: boolean | undefined;
}

/** Which tools a model may or must call. */
export type ToolChoice = "auto" | "none" | "required" | { readonly name: string };
