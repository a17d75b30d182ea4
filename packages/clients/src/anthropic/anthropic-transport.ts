import type Anthropic from "@anthropic-ai/sdk";
import type { CompleteProviderConfig } from "../config/provider-config.ts";
import { AnswerMapping } from "../wire/answer-mapping.ts";
import type { HttpExchange } from "../wire/http-exchange.ts";
import type { Fetch } from "../wire/fetch-exchange.ts";
import { loadedAhead } from "../wire/loaded-ahead.ts";
import { SdkRequests } from "../wire/sdk-requests.ts";
import type { PreparedRequest, Transport } from "../wire/transport.ts";
import { AnthropicStream } from "./anthropic-stream.ts";
import { fromAnthropicError } from "./from-anthropic-error.ts";
import { fromAnthropicResponse } from "./from-anthropic-response.ts";
import { toAnthropicRequest } from "./to-anthropic-request.ts";

/** Longer than any request is waited for: the client has its own timeout. */
const noTimeout = 2 ** 31 - 1;

/** Speaks the messages wire through the `@anthropic-ai/sdk`, with its retries, logging and environment variables off. */
export function anthropicTransport(config: CompleteProviderConfig, exchange: HttpExchange): Transport {
  const requests = new SdkRequests(exchange);
  const sdk = loadedAhead(() => createSdk(config, requests.fetch));
  return {
    prepare: (request, streaming) => {
      const plain = toAnthropicRequest(request);
      const body = streaming ? { ...plain, stream: true } : plain;
      const send: PreparedRequest["send"] = ({ signal, idempotencyKey }) =>
        requests.exchange({
          form: "messages",
          body,
          idempotencyKey,
          signal,
          streaming,
          // Not `messages.create`, which writes warnings about models to the console.
          send: async (headers) => (await sdk).post("/v1/messages", { body, signal, headers, stream: streaming }).asResponse(),
        });
      return { send, mapping: new AnswerMapping(request, false) };
    },
    openStream: () => new AnthropicStream(),
    readAnswer: (body) => (body.type === "error" ? fromAnthropicError(200, body) : fromAnthropicResponse(body)),
    readError: fromAnthropicError,
    requestIdOf: (headers) => headers.get("request-id"),
    chargedInput: (usage) => usage.inputTokens - usage.cacheReadTokens,
  };
}

async function createSdk(config: CompleteProviderConfig, fetch: Fetch): Promise<Anthropic> {
  const { Anthropic: Sdk } = await import("@anthropic-ai/sdk");
  return new Sdk({
    apiKey: config.apiKey,
    authToken: null,
    baseURL: config.baseUrl,
    maxRetries: 0,
    timeout: noTimeout,
    logLevel: "off",
    fetch,
    defaultHeaders: { ...config.headers },
  });
}
