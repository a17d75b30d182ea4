import * as z from "zod";
import { EntityError } from "../errors/entity-error.ts";
import { className } from "./frozen-value.ts";
import { hasProtoKey, hideProtoKeys, showProtoKeys, shownKey } from "./proto-keys.ts";
import { MissingTarget } from "./ref.ts";

const longestShown = 80;

function show(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function" || typeof value === "symbol" || value === undefined) return String(value).slice(0, longestShown);
  if (typeof value === "object" && value !== null)
    return Array.isArray(value) ? `an array of ${value.length}` : `an instance of ${className(value)}`;
  const text = typeof value === "number" ? String(value) : JSON.stringify(value);
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
  return path.map((key) => (typeof key === "number" ? `[${key}]` : `.${shownKey(key)}`)).join("");
}

/** What was expected: of a union, what each of its members wanted. */
function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return issue.message;
  const wanted = issue.errors.map((issues) => issues.map((inner) => inner.message.replace(/^Invalid input: /, "")).join(", "));
  return `Invalid input: ${wanted.join("; or ")}`;
}

function parse(schema: z.core.$ZodType, value: unknown, path: string): z.ZodSafeParseResult<unknown> {
  try {
    return z.safeParse(schema, value);
  } catch (cause) {
    if (cause instanceof MissingTarget) throw new EntityError("invalid_definition", `${path}: ${cause.message}`, { cause });
    const why =
      cause instanceof z.core.$ZodAsyncError
        ? "the schema has an asynchronous check, which an assignment can't wait for"
        : cause instanceof RangeError
          ? "the value contains itself, or is nested too deeply"
          : "a check of the schema threw";
    throw new EntityError("invalid_value", `${path}: ${why}`, { cause });
  }
}

/**
 * Checks a value against a schema and returns what the schema makes of it. The error names path, expectation and value; of a
 * secret only the field.
 */
export function checkValue(
  schema: z.core.$ZodType,
  value: unknown,
  path: string,
  options: { secret?: boolean; path?: string } = {},
): unknown {
  const hides = hasProtoKey(value);
  const given = hides ? hideProtoKeys(value) : value;
  const result = parse(schema, given, options.secret === true ? (options.path ?? path) : path);
  if (result.success) return hides ? showProtoKeys(result.data) : result.data;
  if (options.secret === true)
    throw new EntityError("invalid_value", `${options.path ?? path}: a secret value does not fit (${result.error.issues[0]?.code})`);
  const lines = result.error.issues.map(
    (issue) => `${path}${pathText(issue.path)}: ${expectation(issue)}, got ${show(valueAt(given, issue.path))}`,
  );
  throw new EntityError("invalid_value", lines.join("\n"), { cause: result.error });
}
