import type { JsonValue } from "../contract/json.ts";
import { isJsonObject } from "../wire/read-json.ts";
import type { WireError } from "../wire/transport.ts";

/**
 * Reads the error object of the messages wire.
 *
 * Source: https://docs.anthropic.com/en/api/errors
 */
export function fromAnthropicError(status: number, body: JsonValue | undefined): WireError {
  const outer = isJsonObject(body) ? body : {};
  const error = isJsonObject(outer.error) ? outer.error : {};
  const details = isJsonObject(error.details) ? error.details : {};
  return {
    kind: "error",
    status,
    type: typeof error.type === "string" ? error.type : null,
    code: typeof details.error_code === "string" ? details.error_code : null,
    message: typeof error.message === "string" ? error.message : null,
    requestId: typeof outer.request_id === "string" ? outer.request_id : null,
  };
}
