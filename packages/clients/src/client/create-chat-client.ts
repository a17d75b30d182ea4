import { anthropicTransport } from "../anthropic/anthropic-transport.ts";
import { type Clock, systemClock } from "../clock/clock.ts";
import { completeProviderConfig, type ProviderConfig } from "../config/provider-config.ts";
import type { ChatClient } from "../contract/chat-client.ts";
import type { KeptAnswers } from "../kept/answer-store.ts";
import { KeepingChatClient } from "../kept/keeping-chat-client.ts";
import { LocalRateLimiter } from "../limits/local-rate-limiter.ts";
import type { RateLimiter } from "../limits/rate-limiter.ts";
import { openaiTransport } from "../openai/openai-transport.ts";
import { type Fetch, fetchExchange } from "../wire/fetch-exchange.ts";
import { undiciExchange } from "../wire/undici-exchange.ts";
import { LimitedChatClient } from "./limited-chat-client.ts";

/** What a client uses of its surroundings. */
export interface ChatClientDependencies {
  /** Hand one limiter to all clients of one key, so that they share its limits. Default: one of its own. */
  readonly limiter?: RateLimiter | undefined;
  readonly clock?: Clock | undefined;
  /** A number from 0 up to 1. */
  readonly random?: (() => number) | undefined;
  readonly fetch?: Fetch | undefined;
  /** Keeps answers, and gives them again without asking. Default: none are kept. */
  readonly answers?: KeptAnswers | undefined;
}

/**
 * Makes a client for one provider. Throws `ConfigurationError` where the configuration cannot work, `RangeError`
 * where a number in it makes no sense.
 */
export function createChatClient(config: ProviderConfig, dependencies: ChatClientDependencies = {}): ChatClient {
  const complete = completeProviderConfig(config);
  const clock = dependencies.clock ?? systemClock;
  const exchange = dependencies.fetch === undefined ? undiciExchange(complete.proxy) : fetchExchange(dependencies.fetch);
  const transport = complete.provider === "anthropic" ? anthropicTransport(complete, exchange) : openaiTransport(complete, exchange);
  const client = new LimitedChatClient(complete, transport, {
    limiter: dependencies.limiter ?? new LocalRateLimiter({ clock }),
    clock,
    random: dependencies.random ?? Math.random,
  });
  return dependencies.answers === undefined ? client : new KeepingChatClient(client, dependencies.answers, complete.secrets, clock);
}
