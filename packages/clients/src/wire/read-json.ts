import { z } from "zod";
import type { JsonObject, JsonValue } from "../contract/json.ts";

/** Parses JSON; undefined where the text is none. */
export function readJson(text: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** Whether a JSON value is an object. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Takes part of a parsed body as it is; zod's own JSON schemas drop keys such as `__proto__`. */
export const jsonAsIs = z.custom<JsonValue>((value) => value !== undefined);

/** Takes a JSON object of a parsed body as it is. */
export const jsonObjectAsIs = z.custom<JsonObject>((value) => typeof value === "object" && value !== null && !Array.isArray(value));
