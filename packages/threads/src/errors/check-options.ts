import { ThreadError, type ThreadErrorCode } from "./thread-error.ts";

/** Gives a number back that is whole and at least 1, by default, and throws for any other. */
export function wholeNumber(name: string, value: number, code: ThreadErrorCode = "invalid_config", least = 1): number {
  if (!Number.isSafeInteger(value) || value < least)
    throw new ThreadError(code, `${name} has to be a whole number of at least ${least}, not ${value}`);
  return value;
}
