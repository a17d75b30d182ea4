import type { JsonValue } from "@minference/clients";
import * as z from "zod";

/** What was found in a text: a JSON value, or what is wrong with it. */
export type JsonReading = { readonly value: JsonValue } | { readonly error: string };

const json = z.json();

/** Reads a text that is JSON and nothing else. */
export function readJson(text: string): JsonReading {
  try {
    const value: JsonValue = JSON.parse(text);
    // JSON text can hold numbers too large for JavaScript, which are no JSON again. What zod makes of a value lacks keys such as `__proto__`.
    return json.safeParse(value).success ? { value } : { error: "a number in it is too large" };
  } catch (error) {
    return { error: `it is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** As {@link readJson}, for a text that has to be a JSON object. */
export function readJsonObject(text: string): JsonReading {
  const reading = readJson(text);
  if ("error" in reading) return reading;
  const { value } = reading;
  return typeof value === "object" && value !== null && !Array.isArray(value) ? reading : { error: "it is JSON, but no object" };
}

function isContainer(reading: JsonReading): boolean {
  return "value" in reading && typeof reading.value === "object" && reading.value !== null;
}

/** Finds where the object or list that starts at an index ends, by its brackets; what they hold need not be JSON. */
function endOfContainer(text: string, start: number): number {
  let depth = 0;
  let quoted = false;
  for (let index = start; index < text.length; index += 1) {
    const character = text[index];
    if (quoted) {
      if (character === "\\") index += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") depth -= 1;
    if (depth === 0) return index + 1;
  }
  return text.length;
}

/** Reads the object or list in a text that is JSON as a whole or holds it behind the opening of a fence. The first one that is JSON counts. */
export function readFencedJson(text: string): JsonReading {
  const whole = readJson(text);
  if (isContainer(whole)) return whole;
  let error: string | null = null;
  for (const { 0: opening, index } of text.matchAll(/```(?:json)?\s*(?=[[{])/gi)) {
    const start = index + opening.length;
    const reading = readJson(text.slice(start, endOfContainer(text, start)));
    if ("value" in reading) return reading;
    error ??= reading.error;
  }
  return { error: error ?? "it holds no JSON object or list, alone or between ```json and ```" };
}
