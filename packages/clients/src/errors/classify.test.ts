import { expect, test } from "vitest";
import { classifyAnswer } from "./classify.ts";
import { retryableCodes } from "./error-code.ts";

test.each<[number, string | null, string | null, string, boolean]>([
  [400, "invalid_request_error", null, "invalid_request", false],
  [400, "invalid_request_error", "context_length_exceeded", "request_too_large", false],
  [400, null, "content_filter", "content_policy", false],
  [400, "invalid_request_error", "content_policy_violation", "content_policy", false],
  [401, "invalid_request_error", "invalid_api_key", "authentication", false],
  [401, null, null, "authentication", false],
  [402, null, null, "quota_exhausted", false],
  [403, "permission_error", null, "permission", false],
  [404, "invalid_request_error", "model_not_found", "not_found", false],
  [408, null, null, "timeout", true],
  [413, "request_too_large", null, "request_too_large", false],
  [422, null, null, "invalid_request", false],
  [429, "tokens", "rate_limit_exceeded", "rate_limited", true],
  [429, "rate_limit_error", null, "rate_limited", true],
  [429, "insufficient_quota", "insufficient_quota", "quota_exhausted", false],
  [429, null, null, "rate_limited", true],
  [500, "api_error", null, "server_error", true],
  [502, null, null, "server_error", true],
  [503, null, null, "overloaded", true],
  [504, null, null, "timeout", true],
  [529, "overloaded_error", null, "overloaded", true],
  [529, null, null, "overloaded", true],
  [400, "toString", "constructor", "invalid_request", false],
  [200, "server_error", null, "server_error", true],
  [200, "api_error", null, "server_error", true],
  [200, null, null, "server_error", true],
  [200, "overloaded_error", null, "overloaded", true],
  [200, "invalid_request_error", null, "invalid_request", false],
])("%i with type %s and code %s is %s", (status, type, code, expected, retryable) => {
  const found = classifyAnswer({ status, type, code });
  expect(found).toBe(expected);
  expect(retryableCodes.has(found)).toBe(retryable);
});
