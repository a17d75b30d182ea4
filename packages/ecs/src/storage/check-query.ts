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

const whichVersions: ReadonlySet<string> = new Set(["heads", "all"]);

/**
 * Refuses a listing of no size, or of what is neither heads nor all versions; as {@link checkLimit}, before anything is looked up.
 *
 * @throws {StorageError} `invalid`
 */
export function checkPage({ versions, limit }: { readonly versions: string; readonly limit: number }): void {
  checkLimit(limit);
  if (!whichVersions.has(versions)) throw new StorageError("invalid", `versions must be "heads" or "all", not ${JSON.stringify(versions)}`);
}

/**
 * Refuses a moment that is none.
 *
 * @throws {StorageError} `invalid`
 */
export function checkTime(time: Date): void {
  if (Number.isNaN(time.getTime())) throw new StorageError("invalid", "The time is not a valid date");
}
