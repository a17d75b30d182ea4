import type { JsonObject, JsonValue } from "../contract/json.ts";
import { isJsonObject } from "../wire/read-json.ts";

const removed = "[key removed]";
const keyLike = /\b(?:sk|pk|rk)-[A-Za-z0-9_*-]{8,}/g;
const bearer = /\bBearer\s+[^\s"',;]+/gi;

/** The shortest secret: what is shorter is a stand-in, as servers without keys are given, and would be found in ordinary words. */
const shortestSecret = 8;

/** Removes the given secrets, and whatever looks like a key, from a text that is for people. */
export function redact(text: string, secrets: readonly string[]): string {
  return withoutSecrets(text, secrets).replace(bearer, `Bearer ${removed}`).replace(keyLike, removed);
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (secret.length >= shortestSecret) clean = clean.replaceAll(secret, removed);
  return clean;
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

/** Removes the given secrets, and nothing else, from all texts of a JSON object, keys of objects included: what a model wrote stays as it is. */
export function redactJson(object: JsonObject, secrets: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [withoutSecrets(name, secrets), redactValue(value, secrets)]));
}

function redactValue(value: JsonValue, secrets: readonly string[]): JsonValue {
  if (typeof value === "string") return withoutSecrets(value, secrets);
  if (typeof value !== "object" || value === null) return value;
  return isJsonObject(value) ? redactJson(value, secrets) : value.map((each) => redactValue(each, secrets));
}
