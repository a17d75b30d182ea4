import { StorageError } from "../errors/storage-error.ts";

/**
 * Refuses a page of no size. Backends call it before they look anything up, so that all refuse alike.
 *
 * @throws {StorageError} `invalid`
 */
export function checkLimit(limit: number): void {
  if (Number.isSafeInteger(limit) && limit >= 1) return;
  throw new StorageError("invalid", `limit must be a whole number of at least 1, not ${limit}`);
}

/**
 * Refuses a moment that is none.
 *
 * @throws {StorageError} `invalid`
 */
export function checkTime(time: Date): void {
  if (Number.isNaN(time.getTime())) throw new StorageError("invalid", "The time is not a valid date");
}
