import type { SimulatedWire } from "../simulated-wire.ts";
import { contentOf, stopReasons, usageOf } from "./anthropic-answer.ts";
import { anthropicStream, eventOf } from "./anthropic-stream.ts";
import { readAnthropicRequest } from "./read-anthropic-request.ts";

/** The API takes a key in `x-api-key` or, as its SDK sends it since version 1, as a bearer token. */
function keyOf(headers: NodeJS.Dict<string | string[]>): string | null {
  const key = headers["x-api-key"];
  if (typeof key === "string" && key !== "") return key;
  return /^Bearer (.+)$/.exec(headers.authorization?.toString() ?? "")?.[1] ?? null;
}

/** The messages API as `api.anthropic.com` serves it. Sources: https://docs.anthropic.com/en/api/messages and .../api/rate-limits */
export const anthropicWire: SimulatedWire = {
  name: "anthropic",
  serves: (path) => path === "/v1/messages",
  requestIdHeader: "request-id",
  keyOf,
  refuseKey: (key) => ({
    status: 401,
    type: "authentication_error",
    message: key === null ? "x-api-key header is required" : "invalid x-api-key",
  }),
  read: readAnthropicRequest,
  unknownModel: (model) => ({ status: 404, type: "not_found_error", message: `model: ${model}` }),
  rateLimited: ({ name, limit }, model) => ({
    status: 429,
    type: "rate_limit_error",
    message: `This request would exceed the rate limit of ${limit} ${name} per minute for ${model}.`,
  }),
  answer: (id, model, answer) => ({
    id: `sim_msg_${id}`,
    type: "message",
    role: "assistant",
    model,
    content: contentOf(id, answer),
    stop_reason: stopReasons[answer.finishReason],
    stop_sequence: null,
    usage: usageOf(answer),
  }),
  stream: anthropicStream,
  streamError: ({ type, message }) => eventOf({ type: "error", error: { type, message } }),
  error: ({ type, message }, requestId) => ({ type: "error", error: { type, message }, request_id: requestId }),
  limitHeaders: (limits, now) =>
    Object.fromEntries(
      limits.flatMap(({ name, limit, remaining, resetMs }) => [
        [`anthropic-ratelimit-${name}-limit`, String(limit)],
        [`anthropic-ratelimit-${name}-remaining`, String(remaining)],
        [`anthropic-ratelimit-${name}-reset`, new Date(now + resetMs).toISOString()],
      ]),
    ),
};
