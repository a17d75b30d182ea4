import type { ProviderName } from "../contract/provider-name.ts";
import { classifyAnswer } from "../errors/classify.ts";
import type { ErrorCode } from "../errors/error-code.ts";
import { ProviderError } from "../errors/provider-error.ts";
import { redact, redactCause } from "../errors/redact.ts";
import { retryAfterOf } from "../errors/retry-after.ts";
import type { Received } from "../wire/http-exchange.ts";
import type { WireError } from "../wire/transport.ts";
import type { Ending } from "./request-scope.ts";

/** What every error of one endpoint has in common. */
export interface FailureContext {
  readonly provider: ProviderName;
  readonly secrets: readonly string[];
  /** Reasons to end requests, as they were redacted: thousands may end for one. */
  readonly reasons: WeakMap<object, Error | undefined>;
}

/** The longest part of an answer that an error repeats. */
const longestExcerpt = 300;

const advice: Readonly<Partial<Record<ErrorCode, string>>> = {
  authentication: "check the API key",
  permission: "the key may not use this model or feature",
  not_found: "check the model's name and the base URL",
  quota_exhausted: "the account's quota is used up: check its plan and billing",
  request_too_large: "shorten the conversation",
};

/** Makes an error of an answer that is not a success. */
export function answeredFailure(
  context: FailureContext,
  received: Received,
  error: WireError,
  requestId: string | null,
  now: number,
): ProviderError {
  const redirected = error.status >= 300 && error.status < 400;
  const code = redirected ? "invalid_request" : classifyAnswer(error);
  const unsaid = redirected ? "redirected elsewhere, which is not followed: check the base URL" : excerptOf(context, received);
  const said = error.message === null ? unsaid : redact(error.message, context.secrets);
  const hint = advice[code];
  return new ProviderError({
    code,
    message: `${context.provider} answered ${error.status}: ${said}${hint === undefined ? "" : ` (${hint})`}`,
    provider: context.provider,
    status: error.status,
    type: error.code ?? error.type,
    requestId: requestId ?? error.requestId,
    retryAfterMs: retryAfterOf(received.headers, now),
  });
}

/** Makes an error of a success that cannot be read. */
export function unreadableFailure(context: FailureContext, received: Received, requestId: string | null, cause: unknown): ProviderError {
  return new ProviderError({
    code: "malformed_response",
    message: `${context.provider} answered ${received.status} with what is no answer of its wire: ${excerptOf(context, received)}`,
    provider: context.provider,
    status: received.status,
    requestId,
    cause: redactCause(cause, context.secrets),
  });
}

/** Makes an error of a request that got no answer. */
export function unansweredFailure(context: FailureContext, cause: unknown): ProviderError {
  const reasons = reasonsOf(cause).join(": ");
  const untrusted = hasCode(cause, (code) => certificateCode.test(code));
  const hint = untrusted ? " (its certificate is not trusted: check the base URL, or set NODE_EXTRA_CA_CERTS)" : "";
  const message = redact(`${context.provider} could not be reached, or broke the connection: ${reasons}${hint}`, context.secrets);
  const retryable = untrusted ? false : undefined;
  return new ProviderError({
    code: "connection",
    message,
    provider: context.provider,
    retryable,
    cause: redactCause(cause, context.secrets),
  });
}

/** Makes an error of a stream that ended before the answer did. */
export function cutFailure(context: FailureContext, status: number, requestId: string | null): ProviderError {
  const message = `${context.provider} ended the stream before the answer was complete`;
  return new ProviderError({ code: "connection", message, provider: context.provider, status, requestId });
}

/** Makes an error of an attempt that took too long. */
export function timeoutFailure(context: FailureContext, timeoutMs: number): ProviderError {
  const message = `${context.provider} did not answer within ${timeoutMs} ms`;
  return new ProviderError({ code: "timeout", message, provider: context.provider });
}

/** Makes an error of a request that was ended from outside. */
export function endedFailure(context: FailureContext, ending: Ending, attempts: number): ProviderError {
  if (ending.code === "hopeless") return ending.error.withAttempts(attempts);
  const message = ending.code === "aborted" ? "The request was aborted by its caller." : "The request's deadline passed.";
  const cause = redactedReason(context, ending.reason);
  return new ProviderError({ code: ending.code, message, provider: context.provider, attempts, cause });
}

/** Makes an error of an attempt that was given up since the listener of its stream threw. */
export function listenerFailure(
  { provider, secrets }: Pick<FailureContext, "provider" | "secrets">,
  thrown: unknown,
  attempts: number,
): ProviderError {
  const cause = redactCause(thrown, secrets);
  return new ProviderError({ code: "aborted", message: "The listener of the stream threw.", provider, attempts, cause });
}

function redactedReason({ reasons, secrets }: FailureContext, reason: unknown): Error | undefined {
  if (typeof reason !== "object" || reason === null) return redactCause(reason, secrets);
  if (!reasons.has(reason)) reasons.set(reason, redactCause(reason, secrets));
  return reasons.get(reason);
}

const unsentCodes: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  // There are no more sockets on this machine.
  "EMFILE",
  "ENFILE",
  "EADDRNOTAVAIL",
]);

/** Errors of certificates, as OpenSSL and Node name them: trying again does not mend them. */
const certificateCode = /CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE|HOSTNAME_MISMATCH/;

/** Whether a failed request never reached the provider, so that it cannot have cost anything. */
export function neverSent(cause: unknown): boolean {
  return hasCode(cause, (code) => unsentCodes.has(code) || certificateCode.test(code));
}

function hasCode(cause: unknown, meant: (code: string) => boolean): boolean {
  for (let error = cause; error instanceof Error; error = error.cause) {
    if ("code" in error && meant(String(error.code))) return true;
    if (error instanceof AggregateError && error.errors.some((each) => hasCode(each, meant))) return true;
  }
  return false;
}

function reasonsOf(cause: unknown): string[] {
  const reasons: string[] = [];
  for (let error = cause; error instanceof Error && reasons.length < 4; error = error.cause) {
    const code = "code" in error && typeof error.code === "string" ? ` [${error.code}]` : "";
    reasons.push(error.message + code);
  }
  return reasons;
}

/** The start of an answer's text, redacted before it is cut, so that no part of a key is left at the end. */
function excerptOf({ secrets }: FailureContext, { headers, text }: Received): string {
  const type = headers.get("content-type")?.split(";")[0] ?? "no content type";
  const readable = text
    .replaceAll(/<[^<>]*>/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
  const plain = redact(readable, secrets);
  if (plain === "") return `an empty body (${type})`;
  return `${plain.length > longestExcerpt ? `${plain.slice(0, longestExcerpt)}…` : plain} (${type})`;
}
