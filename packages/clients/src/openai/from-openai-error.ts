import type { WireError } from "../wire/transport.ts";
import type { JsonObject, JsonValue } from "../contract/json.ts";
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
    status: status === 200 ? (statusOf(code) ?? status) : status,
    type: typeof type === "string" ? type : null,
    code: typeof code === "string" ? code : null,
    message: typeof message === "string" ? message : typeof outer.error === "string" ? outer.error : null,
    requestId: null,
  };
}

/** The status that compatible servers give as the code of an error within a success, LiteLLM as text. */
function statusOf(code: JsonValue | undefined): number | null {
  const text = typeof code === "number" || typeof code === "string" ? String(code) : "";
  return /^[45]\d\d$/.test(text) ? Number(text) : null;
}

/**
 * The reasons an answer ended for where compatible servers broke it off: OpenRouter's, vLLM's and DeepSeek's.
 *
 * Source: https://openrouter.ai/docs/api/reference/errors-and-debugging
 */
const brokenOff: ReadonlySet<string> = new Set(["error", "abort", "insufficient_system_resource"]);

/** The error that a success carries, of the whole or of its choice; null where it carries none. */
export function openaiErrorWithin(body: JsonObject): WireError | null {
  if (isJsonObject(body.error) || (typeof body.error === "string" && body.error !== "")) return fromOpenaiError(200, body);
  const [choice] = Array.isArray(body.choices) ? body.choices : [];
  const reason = isJsonObject(choice) && typeof choice.finish_reason === "string" ? choice.finish_reason : "";
  if (!isJsonObject(choice) || !brokenOff.has(reason)) return null;
  const error = fromOpenaiError(200, isJsonObject(choice.error) ? choice.error : {});
  return { ...error, message: error.message ?? `the answer was broken off (${reason})` };
}
