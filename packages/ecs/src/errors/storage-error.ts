import { errorBrand, isBranded } from "./brand.ts";

/** Why a store refused or failed; `docs/errors.md` says what to do about each. */
export const storageErrorCodes = [
  "busy",
  "closed",
  "corrupt",
  "duplicate_id",
  "failed",
  "invalid",
  "newer_store",
  "outdated_tables",
  "read_only",
  "redacted",
  "unknown_child",
  "unknown_parent",
  "unknown_version",
  "unreachable",
] as const;

/** One of {@link storageErrorCodes}. */
export type StorageErrorCode = (typeof storageErrorCodes)[number];

const brand = "StorageError";

/** A store refused an operation or could not carry it out; nothing of it was stored, but for a commit that is `unreachable`, of which nobody knows. */
export class StorageError extends Error {
  readonly code: StorageErrorCode;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  readonly [errorBrand] = brand;

  constructor(code: StorageErrorCode, message: string, options: { cause?: unknown; retryable?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = brand;
    this.code = code;
    this.retryable = options.retryable ?? (code === "busy" || code === "unreachable");
  }

  /** Recognises a StorageError, also one of another copy of this package. */
  static is(error: unknown): error is StorageError {
    return isBranded(error, brand);
  }
}
