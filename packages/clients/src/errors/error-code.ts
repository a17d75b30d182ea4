/** What went wrong with a request. */
export const errorCodes = [
  "authentication",
  "permission",
  "not_found",
  "invalid_request",
  "request_too_large",
  "rate_limited",
  "quota_exhausted",
  "overloaded",
  "server_error",
  "timeout",
  "connection",
  "content_policy",
  "malformed_response",
  "malformed_json",
  "aborted",
  "deadline_exceeded",
  "request_exceeds_limit",
  "closed",
] as const;

/** Names what went wrong with a request. */
export type ErrorCode = (typeof errorCodes)[number];

/** The errors after which the same request may succeed. */
export const retryableCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "rate_limited",
  "overloaded",
  "server_error",
  "timeout",
  "connection",
  "malformed_response",
]);
