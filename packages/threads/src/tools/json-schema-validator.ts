import * as clients from "@minference/clients";
import { ThreadError } from "../errors/thread-error.ts";
import type { JsonSchema } from "./json-schema.ts";

/** The validator of `@minference/clients`, with this package's error for a broken schema. */
export class JsonSchemaValidator {
  readonly #validator = new clients.JsonSchemaValidator();

  /** Lists what is wrong with a value, one line an error; empty when it fits. Throws `invalid_tool` for a broken schema. */
  errors(schema: JsonSchema, value: unknown): readonly string[] {
    try {
      return this.#validator.errors(schema, value);
    } catch (cause) {
      throw new ThreadError("invalid_tool", cause instanceof Error ? cause.message : String(cause), { cause });
    }
  }
}
