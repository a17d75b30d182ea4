import { readJson } from "../wire/read-json.ts";
import type { JsonValue } from "./json.ts";
import { repairJson } from "./repair-json.ts";

/** Reads JSON that a model wrote, mended where that is safe. */
export function readModelJson(text: string): { readonly value: JsonValue } | { readonly error: string } {
  try {
    const value: JsonValue = JSON.parse(text);
    return { value };
  } catch (error) {
    const mended = repairJson(text);
    const value = mended === null ? undefined : readJson(mended);
    return value === undefined ? { error: error instanceof Error ? error.message : String(error) } : { value };
  }
}
