import * as z from "zod";
import { EntityError } from "../errors/entity-error.ts";

const longestShown = 80;

function show(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function" || typeof value === "symbol" || value === undefined) return String(value).slice(0, longestShown);
  if (typeof value === "object" && value !== null)
    return Array.isArray(value) ? `an array of ${value.length}` : `an instance of ${value.constructor?.name ?? "Object"}`;
  const text = JSON.stringify(value);
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let inner = value;
  for (const key of path) {
    if (typeof inner !== "object" || inner === null || !(key in inner)) return undefined;
    inner = Reflect.get(inner, key);
  }
  return inner;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
}

/**
 * Checks a value against a schema and returns what the schema makes of it. The error names path, expectation and value; of a
 * secret neither the value nor what zod says of it.
 */
export function checkValue(schema: z.core.$ZodType, value: unknown, path: string, options: { secret?: boolean } = {}): unknown {
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  const got = (issue: z.core.$ZodIssue): string => (options.secret === true ? "a secret value" : show(valueAt(value, issue.path)));
  const lines = result.error.issues.map((issue) => `${path}${pathText(issue.path)}: ${issue.message}, got ${got(issue)}`);
  throw new EntityError("invalid_value", lines.join("\n"), options.secret === true ? {} : { cause: result.error });
}
