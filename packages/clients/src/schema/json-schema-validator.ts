import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { JsonSchema } from "../contract/tool-definition.ts";

/** How many compiled schemas are kept. */
const capacity = 1_000;

const options = {
  strict: false,
  logger: false,
  validateFormats: false,
  validateSchema: false,
  addUsedSchema: false,
  allErrors: true,
} as const;

/** Validates values by JSON Schema (draft 2020-12, unknown keywords and formats ignored). Compiled schemas are kept. */
export class JsonSchemaValidator {
  readonly #compiled = new Map<string, ValidateFunction>();

  /** Lists what is wrong with a value, one line an error; empty when it fits. Throws `TypeError` for a broken schema. */
  errors(schema: JsonSchema, value: unknown): readonly string[] {
    const validate = this.#validateOf(schema);
    if (validate(value)) return [];
    return (validate.errors ?? []).map((error) => {
      const extra: unknown = error.params["additionalProperty"];
      return `${error.instancePath === "" ? "the value" : error.instancePath} ${error.message ?? "is invalid"}${typeof extra === "string" ? ` (${extra})` : ""}`;
    });
  }

  #validateOf(schema: JsonSchema): ValidateFunction {
    const key = JSON.stringify(schema);
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const validate = this.#compile(schema);
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size >= capacity && oldest !== undefined) this.#compiled.delete(oldest);
    this.#compiled.set(key, validate);
    return validate;
  }

  #compile(schema: JsonSchema): ValidateFunction {
    try {
      const { $schema: _, ...rest } = schema;
      // One for each: it never lets go of a schema that it compiled.
      return new Ajv2020(options).compile(rest);
    } catch (cause) {
      throw new TypeError(`the JSON Schema can't be used: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
}
