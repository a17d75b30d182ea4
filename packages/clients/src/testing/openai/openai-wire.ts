import type { SimulatedWire } from "../simulated-wire.ts";
import { finishReasons, usageOf } from "./openai-answer.ts";
import { openaiStream } from "./openai-stream.ts";
import { litellmRequestSchema } from "./openai-request-schema.ts";
import { readOpenaiRequest, readVllmRequest } from "./read-openai-request.ts";

/** Writes a span the way the API's headers do, such as `1m2.5s` or `20ms`. */
function spanOf(ms: number): string {
  if (ms < 1000) return `${Math.ceil(ms)}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = Math.ceil((ms % 60_000) / 10) / 100;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

/** Chat completions as `api.openai.com` serves it. Source: https://platform.openai.com/docs/api-reference/chat */
export const openaiWire: SimulatedWire = {
  name: "openai",
  serves: (path) => path === "/v1/chat/completions",
  requestIdHeader: "x-request-id",
  keyOf: (headers) => /^Bearer (.+)$/.exec(String(headers.authorization ?? ""))?.[1] ?? null,
  refuseKey: (key) => ({
    status: 401,
    type: "invalid_request_error",
    message: key === null ? "You did not provide an API key in the Authorization header." : "Incorrect API key provided.",
    code: key === null ? null : "invalid_api_key",
  }),
  read: (body) => readOpenaiRequest(body),
  unknownModel: (model) => ({
    status: 404,
    type: "invalid_request_error",
    message: `The model '${model}' does not exist or you do not have access to it.`,
    code: "model_not_found",
  }),
  rateLimited: ({ name, limit }, model) => ({
    status: 429,
    type: name,
    message: `Rate limit reached for ${model} on ${name} per min. Limit: ${limit}.`,
    code: "rate_limit_exceeded",
  }),
  answer: (id, model, answer) => ({
    id: `sim_chatcmpl_${id}`,
    object: "chat.completion",
    created: 0,
    model,
    choices: [
      {
        index: 0,
        logprobs: null,
        finish_reason: finishReasons[answer.finishReason],
        message: {
          role: "assistant",
          content: answer.finishReason === "refusal" || (answer.text === "" && answer.toolCalls.length > 0) ? null : answer.text,
          refusal: answer.finishReason === "refusal" ? answer.text : null,
          ...(answer.reasoning === "" ? {} : { reasoning_content: answer.reasoning }),
          ...(answer.toolCalls.length === 0
            ? {}
            : {
                tool_calls: answer.toolCalls.map((call) => ({
                  id: call.id,
                  type: "function",
                  function: { name: call.name, arguments: call.argumentsText },
                })),
              }),
        },
      },
    ],
    usage: usageOf(answer),
    system_fingerprint: "simulated",
  }),
  stream: openaiStream,
  streamError: ({ message, type, code }) => `data: ${JSON.stringify({ error: { message, type, param: null, code: code ?? null } })}\n\n`,
  error: ({ message, type, param, code }) => ({ error: { message, type, param: param ?? null, code: code ?? null } }),
  limitHeaders: (limits) =>
    Object.fromEntries(
      limits.flatMap(({ name, limit, remaining, resetMs }) => [
        [`x-ratelimit-limit-${name}`, String(limit)],
        [`x-ratelimit-remaining-${name}`, String(remaining)],
        [`x-ratelimit-reset-${name}`, spanOf(resetMs)],
      ]),
    ),
};

/** Chat completions as vLLM serves them. */
export const vllmWire: SimulatedWire = { ...openaiWire, serves: (path) => path === "/vllm/v1/chat/completions", read: readVllmRequest };

/** Chat completions as LiteLLM's proxy serves them. */
export const litellmWire: SimulatedWire = {
  ...openaiWire,
  serves: (path) => path === "/litellm/v1/chat/completions",
  read: (body) => readOpenaiRequest(body, litellmRequestSchema),
};

/**
 * Chat completions as Azure serves them: a deployment in the path, the version of the API in the query, the key in a header of its own.
 *
 * Source: https://learn.microsoft.com/en-us/azure/ai-services/openai/reference
 */
export const azureWire: SimulatedWire = {
  ...openaiWire,
  serves: (path) => /^\/openai\/deployments\/[^/]+\/chat\/completions$/.test(path),
  requestIdHeader: "apim-request-id",
  keyOf: (headers) => (typeof headers["api-key"] === "string" && headers["api-key"] !== "" ? headers["api-key"] : null),
  refuseKey: () => ({
    status: 401,
    type: "invalid_request_error",
    message: "Access denied due to invalid subscription key or wrong API endpoint.",
    code: "401",
  }),
  read: (body, _, query) =>
    /^\d{4}-\d{2}-\d{2}(?:-preview)?$/.test(query.get("api-version") ?? "")
      ? readOpenaiRequest(body)
      : { status: 404, type: "invalid_request_error", message: "Resource not found", code: "404" },
};
