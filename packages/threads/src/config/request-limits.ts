import { type ProviderName, providerNames, type RateLimits } from "@minference/clients";
import { Entity } from "@minference/ecs";
import * as z from "zod";

/** What a provider allows a minute, kept in the store: hand `rateLimits` to the client's configuration as its `limits`. */
export class RequestLimits extends Entity.define("RequestLimits", {
  maxRequestsPerMinute: z.int().min(1).default(50),
  maxTokensPerMinute: z.int().min(1).default(100_000),
  provider: z.enum(providerNames).default("openai" satisfies ProviderName),
}) {
  /** The limits as clients take them. */
  get rateLimits(): RateLimits {
    return { requestsPerMinute: this.maxRequestsPerMinute, tokensPerMinute: this.maxTokensPerMinute };
  }
}
