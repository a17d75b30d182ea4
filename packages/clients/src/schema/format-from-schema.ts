import { withoutAddedNulls } from "../wire/added-nulls.ts";
import type { ResponseFormat } from "../contract/chat-request.ts";
import type { ChatResponse } from "../contract/chat-response.ts";
import type { JsonValue } from "../contract/json.ts";
import { textOf } from "../contract/message-content.ts";
import { readModelJson } from "../contract/read-model-json.ts";
import type { JsonSchema } from "../contract/tool-definition.ts";
import type { ErrorCode } from "../errors/error-code.ts";
import { ProviderError } from "../errors/provider-error.ts";
import { type AnySchema, checkedSchema, type SchemaOutput } from "./checked-schema.ts";

/** What an answer is to be, from a schema library or as a JSON Schema document. */
export interface SchemaFormat<S extends AnySchema> {
  /** Named to the provider. */
  readonly name: string;
  readonly schema: S;
  /** The document a model is shown, where the library of `schema` can check values but not write one. */
  readonly jsonSchema?: JsonSchema | undefined;
  /** Whether the provider is to hold the model to the schema. Default true. */
  readonly strict?: boolean | undefined;
}

/** A response format, and how to read the answers that are given in it. */
export interface CheckedFormat<T> {
  /** To be put in a request as `responseFormat`. */
  readonly format: Extract<ResponseFormat, { type: "json_schema" }>;
  /** Reads an answer. Rejects with `ProviderError` as `jsonOf` does, also with `malformed_json` where it does not fit the schema. */
  readonly read: (response: ChatResponse) => Promise<T>;
}

/** Makes a response format. Throws `TypeError` where its schema cannot be said in JSON Schema, or is broken. */
export function formatFromSchema<S extends AnySchema>(options: SchemaFormat<S>): CheckedFormat<SchemaOutput<S>> {
  const { name, schema, jsonSchema, strict = true } = options;
  const { document, check } = checkedSchema(schema, jsonSchema, `The format ${name}`);
  return {
    format: { type: "json_schema", name, schema: document, strict },
    read: async (response) => {
      const checked = await check(jsonOf(response, document));
      if ("error" in checked) throw unreadable(response, "malformed_json", `does not fit the schema: ${checked.error}`);
      return checked.value;
    },
  };
}

/**
 * Reads the JSON that an answer is, mended where that is safe: a code fence, a comma too many, raw line breaks. Given the schema that was
 * asked for, takes out the nulls that strict mode wanted for what may be left out. Throws `ProviderError` with what the model wrote as
 * `text`: code `malformed_json` where it is no JSON or was cut, `content_policy` where the model declined.
 */
export function jsonOf(response: ChatResponse, schema?: JsonSchema): JsonValue {
  const { finishReason, message } = response;
  if (finishReason === "refusal" || finishReason === "content_filter") throw unreadable(response, "content_policy", "is no JSON: declined");
  if (finishReason === "length") throw unreadable(response, "malformed_json", "was cut at the token limit: raise maxTokens");
  const read = readModelJson(textOf(message));
  if ("error" in read) throw unreadable(response, "malformed_json", `is not JSON: ${read.error}`);
  return schema === undefined ? read.value : withoutAddedNulls(read.value, schema);
}

function unreadable(response: ChatResponse, code: ErrorCode, why: string): ProviderError {
  const { provider, requestId, attempts, message } = response;
  const said = message.parts.map((part) => (part.type === "text" || part.type === "refusal" ? part.text : "")).join("");
  return new ProviderError({ code, message: `The answer of ${provider} ${why}`, provider, requestId, attempts, text: said });
}
