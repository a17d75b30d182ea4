import { errorBrand, isBranded } from "./brand.ts";

/** Why an entity or a registry refused something; `docs/errors.md` says what to do about each. */
export const entityErrorCodes = [
  "cleared",
  "duplicate_entity",
  "frozen",
  "has_modifications",
  "invalid_definition",
  "invalid_payload",
  "invalid_value",
  "newer_schema",
  "not_found",
  "other_registry",
  "redacted",
  "unknown_type",
  "wrong_type",
] as const;

/** One of {@link entityErrorCodes}. */
export type EntityErrorCode = (typeof entityErrorCodes)[number];

const brand = "EntityError";

/** An entity, its definition or what was asked of a registry is wrong; nothing was changed. */
export class EntityError extends Error {
  readonly code: EntityErrorCode;
  readonly [errorBrand] = brand;

  constructor(code: EntityErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = brand;
    this.code = code;
  }

  /** Recognises an EntityError, also one of another copy of this package. */
  static is(error: unknown): error is EntityError {
    return isBranded(error, brand);
  }
}
