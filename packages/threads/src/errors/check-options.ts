import { ThreadError, type ThreadErrorCode } from "./thread-error.ts";

const alternatives = new Intl.ListFormat("en-GB", { type: "disjunction" });

/** Writes a value for a message; of what is in an object nothing is told. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  return Array.isArray(value) ? "a list" : "an object";
}

/** Gives a number back that is whole and at least 1, by default, and throws for any other. */
export function wholeNumber(name: string, value: number, code: ThreadErrorCode = "invalid_config", least = 1): number {
  if (!Number.isSafeInteger(value) || value < least)
    throw new ThreadError(code, `${name} has to be a whole number of at least ${least}, not ${shown(value)}`);
  return value;
}

/** Gives a word back that is one of those there are, and throws `invalid_config` for any other. */
export function oneOf<T extends string>(name: string, value: unknown, words: readonly T[]): T {
  const known = words.find((word) => word === value);
  if (known !== undefined) return known;
  throw new ThreadError("invalid_config", `${name} is ${shown(value)}: give ${alternatives.format(words.map(shown))}`);
}

/** Throws `invalid_config` for what is no object, or has something else than these fields. */
export function onlyFields<T extends object>(name: string, value: T, fields: readonly (string & keyof T)[]): void {
  const there = alternatives.format(fields);
  if (typeof value !== "object" || value === null)
    throw new ThreadError("invalid_config", `${name} has to be an object with ${there}, not ${shown(value)}`);
  const known = new Set<string>(fields);
  const wrong = Object.keys(value).find((field) => !known.has(field));
  if (wrong !== undefined) throw new ThreadError("invalid_config", `${name} has no ${wrong}: give ${there}`);
}
