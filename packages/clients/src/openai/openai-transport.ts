import type OpenAI from "openai";
import { AnswerMapping } from "../wire/answer-mapping.ts";
import type { HttpExchange } from "../wire/http-exchange.ts";
import type { Fetch } from "../wire/fetch-exchange.ts";
import { loadedAhead } from "../wire/loaded-ahead.ts";
import { SdkRequests } from "../wire/sdk-requests.ts";
import type { PreparedRequest, Transport } from "../wire/transport.ts";
import type { CompleteProviderConfig } from "../config/provider-config.ts";
import { fromOpenaiError, openaiErrorWithin } from "./from-openai-error.ts";
import { fromOpenaiResponse } from "./from-openai-response.ts";
import { type OpenaiQuirks, openaiQuirks } from "./openai-quirks.ts";
import { OpenaiStream } from "./openai-stream.ts";
import { toOpenaiRequest } from "./to-openai-request.ts";

/** Longer than any request is waited for: the client has its own timeout. */
const noTimeout = 2 ** 31 - 1;

/** Speaks chat completions through the `openai` SDK, with its retries, logging and environment variables off. */
export function openaiTransport(config: CompleteProviderConfig, exchange: HttpExchange): Transport {
  const known = openaiQuirks[config.provider === "anthropic" ? "openai" : config.provider];
  const quirks: OpenaiQuirks = known.vllm !== null && config.guidedFields === true ? { ...known, vllm: "guided" } : known;
  const requests = new SdkRequests(exchange);
  const sdk = loadedAhead(() => createSdk(config, requests.fetch));
  return {
    prepare: (request, streaming) => {
      const plain = toOpenaiRequest(request, quirks);
      const body = streaming ? { ...plain, stream: true as const, stream_options: { include_usage: true } } : plain;
      const send: PreparedRequest["send"] = ({ signal, idempotencyKey }) =>
        requests.exchange({
          // Azure's URLs name the model.
          form: plain.model,
          body,
          idempotencyKey,
          signal,
          streaming,
          send: async (headers) => (await sdk).chat.completions.create(body, { signal, headers }).asResponse(),
        });
      return { send, mapping: new AnswerMapping(request, quirks.strictMode !== "none") };
    },
    openStream: () => new OpenaiStream(),
    readAnswer: (body) => openaiErrorWithin(body) ?? fromOpenaiResponse(body),
    readError: fromOpenaiError,
    requestIdOf: (headers) => headers.get("x-request-id") ?? headers.get("apim-request-id"),
    chargedInput: (usage) => usage.inputTokens,
  };
}

async function createSdk(config: CompleteProviderConfig, fetch: Fetch): Promise<OpenAI> {
  const { AzureOpenAI, OpenAI } = await import("openai");
  const common = {
    maxRetries: 0,
    timeout: noTimeout,
    logLevel: "off",
    fetch,
    defaultHeaders: { ...config.headers },
    organization: config.organization ?? null,
    project: config.project ?? null,
  } as const;
  if (config.provider === "azure_openai") {
    return new AzureOpenAI({
      ...common,
      apiKey: config.apiKey,
      baseURL: `${config.baseUrl}/openai`,
      apiVersion: config.apiVersion ?? "2024-10-21",
      ...(config.deployment === undefined ? {} : { deployment: config.deployment }),
    });
  }
  return new OpenAI({ ...common, apiKey: config.apiKey, adminAPIKey: null, webhookSecret: null, baseURL: config.baseUrl });
}
