import type { JsonObject, JsonValue } from "../contract/json.ts";
import { isJsonObject } from "../wire/read-json.ts";

const removed = "[key removed]";
const keyLike = /\b(?:sk|pk|rk)-[A-Za-z0-9_*-]{8,}/g;
const bearer = /\bBearer\s+[^\s"',;]+/gi;

/** Removes the given secrets, and whatever looks like a key, from a text. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length > 0) clean = clean.replaceAll(secret, removed);
  }
  return clean.replace(bearer, `Bearer ${removed}`).replace(keyLike, removed);
}

/** Copies an error chain as plain errors of name and redacted message, so that no request or header comes along. */
export function redactCause(cause: unknown, secrets: readonly string[], depth = 3): Error | undefined {
  if (depth === 0 || cause === undefined || cause === null) return undefined;
  const source = cause instanceof Error ? cause : new Error(typeof cause === "string" ? cause : `A ${typeof cause} was thrown.`);
  const inner = redactCause(source.cause, secrets, depth - 1);
  const copy = new Error(redact(source.message, secrets), inner === undefined ? undefined : { cause: inner });
  copy.name = source.name;
  return copy;
}

/** Removes secrets from all texts of a JSON object, keys of objects included. */
export function redactJson(object: JsonObject, secrets: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [redact(name, secrets), redactValue(value, secrets)]));
}

function redactValue(value: JsonValue, secrets: readonly string[]): JsonValue {
  if (typeof value === "string") return redact(value, secrets);
  if (typeof value !== "object" || value === null) return value;
  return isJsonObject(value) ? redactJson(value, secrets) : value.map((each) => redactValue(each, secrets));
}
