import type { WireError } from "../wire/transport.ts";
import type { JsonValue } from "../contract/json.ts";
import { isJsonObject } from "../wire/read-json.ts";

/**
 * Reads the error object of chat completions, with or without its envelope, as compatible servers send it.
 *
 * Source: https://platform.openai.com/docs/guides/error-codes
 */
export function fromOpenaiError(status: number, body: JsonValue | undefined): WireError {
  const outer = isJsonObject(body) ? body : {};
  const error = isJsonObject(outer.error) ? outer.error : outer;
  const { type, code, message } = error;
  return {
    kind: "error",
    status: status === 200 && typeof code === "number" ? code : status,
    type: typeof type === "string" ? type : null,
    code: typeof code === "string" ? code : null,
    message: typeof message === "string" ? message : typeof outer.error === "string" ? outer.error : null,
    requestId: null,
  };
}
