import type { ProviderName } from "../contract/provider-name.ts";
import { type ErrorCode, retryableCodes } from "./error-code.ts";

/** What is known about a failure. */
export interface ProviderErrorDetails {
  readonly code: ErrorCode;
  readonly message: string;
  readonly provider: ProviderName;
  /** The HTTP status, null where no answer came. */
  readonly status?: number | null | undefined;
  /** The provider's own error type or code. */
  readonly type?: string | null | undefined;
  readonly requestId?: string | null | undefined;
  /** How long the provider asked to wait, in milliseconds. */
  readonly retryAfterMs?: number | null | undefined;
  readonly attempts?: number | undefined;
  /** What the model wrote, where that is what cannot be read. */
  readonly text?: string | null | undefined;
  /** Defaults to what the code implies. */
  readonly retryable?: boolean | undefined;
  readonly cause?: unknown;
}

const marker: unique symbol = Symbol.for("@minference/clients/ProviderError");

/** Tells why a request got no answer. Decide by `code`; `message` is for people. */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
  readonly code: ErrorCode;
  readonly provider: ProviderName;
  readonly status: number | null;
  readonly type: string | null;
  readonly requestId: string | null;
  readonly retryAfterMs: number | null;
  /** What the model wrote, where that is what cannot be read: code `malformed_json`. */
  readonly text: string | null;
  /** How many times the request was sent. */
  readonly attempts: number;
  /** Whether sending the same request again may succeed. */
  readonly retryable: boolean;
  readonly [marker] = true;

  constructor(details: ProviderErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.provider = details.provider;
    this.status = details.status ?? null;
    this.type = details.type ?? null;
    this.requestId = details.requestId ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.text = details.text ?? null;
    this.attempts = details.attempts ?? 0;
    this.retryable = details.retryable ?? retryableCodes.has(details.code);
  }

  /** Recognises the error also when it comes from another copy of this package. */
  static is(value: unknown): value is ProviderError {
    return value instanceof Error && marker in value;
  }

  /** Copies the error with another count of attempts. */
  withAttempts(attempts: number): ProviderError {
    const { code, message, provider, status, type, requestId, retryAfterMs, text, retryable, cause } = this;
    return new ProviderError({
      code,
      message,
      provider,
      status,
      type,
      requestId,
      retryAfterMs,
      text,
      retryable,
      attempts,
      cause,
    });
  }
}
