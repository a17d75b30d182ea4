import type { ErrorCode } from "./error-code.ts";

/** What an error answer says of itself, whichever wire it came over. */
export interface ErrorAnswer {
  readonly status: number;
  /** The `type` of the provider's error object. */
  readonly type: string | null;
  /** The `code` of the provider's error object. */
  readonly code: string | null;
}

/** Sources: https://platform.openai.com/docs/guides/error-codes and https://docs.anthropic.com/en/api/errors */
const byName: Readonly<Record<string, ErrorCode>> = {
  insufficient_quota: "quota_exhausted",
  billing_hard_limit_reached: "quota_exhausted",
  billing_not_active: "quota_exhausted",
  billing_error: "quota_exhausted",
  context_length_exceeded: "request_too_large",
  string_above_max_length: "request_too_large",
  request_too_large: "request_too_large",
  content_filter: "content_policy",
  content_policy_violation: "content_policy",
  invalid_prompt: "content_policy",
  model_not_found: "not_found",
  invalid_api_key: "authentication",
  authentication_error: "authentication",
  permission_error: "permission",
  not_found_error: "not_found",
  rate_limit_exceeded: "rate_limited",
  rate_limit_error: "rate_limited",
  overloaded_error: "overloaded",
  timeout_error: "timeout",
};

const byStatus: Readonly<Record<number, ErrorCode>> = {
  401: "authentication",
  402: "quota_exhausted",
  403: "permission",
  404: "not_found",
  408: "timeout",
  409: "server_error",
  413: "request_too_large",
  425: "server_error",
  429: "rate_limited",
  503: "overloaded",
  504: "timeout",
  529: "overloaded",
};

/** Decides what an error answer means: by its code, else its type, else its status; never by its wording. */
export function classifyAnswer(answer: ErrorAnswer): ErrorCode {
  for (const name of [answer.code, answer.type]) {
    const code = name === null ? undefined : Object.hasOwn(byName, name) ? byName[name] : undefined;
    if (code !== undefined) return code;
  }
  const code = byStatus[answer.status];
  if (code !== undefined) return code;
  // What is told within a success was taken at first: it is the provider that failed, unless it says otherwise.
  const withinSuccess = answer.status < 300 && answer.type !== "invalid_request_error";
  return answer.status >= 500 || withinSuccess ? "server_error" : "invalid_request";
}
