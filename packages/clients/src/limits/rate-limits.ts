import type { ProviderName } from "../contract/provider-name.ts";

/** What a provider allows one pool of models. Leave out what is not limited. */
export interface RateLimits {
  readonly requestsPerMinute?: number | undefined;
  /** Input and output together. */
  readonly tokensPerMinute?: number | undefined;
  /** For providers that limit input apart, as Anthropic does. */
  readonly inputTokensPerMinute?: number | undefined;
  readonly outputTokensPerMinute?: number | undefined;
  readonly requestsPerDay?: number | undefined;
  /** Input and output together. */
  readonly tokensPerDay?: number | undefined;
  /**
   * The most requests at once; `"adaptive"` where nobody knows: more with every answer, half as many when the provider is overloaded or
   * refuses.
   */
  readonly maxConcurrent?: number | "adaptive" | undefined;
  /**
   * How many seconds' worth may be saved up while idle and spent at once. Default 2: providers state limits a minute but may enforce
   * them over any shorter span. Give 60 where a whole minute's budget may be spent at once.
   */
  readonly burstSeconds?: number | undefined;
}

/** How many seconds' worth a bucket holds unless told otherwise. */
export const defaultBurstSeconds = 2;

/**
 * The part of a stated burst that is used. The rest absorbs requests that leave apart and arrive together: 10 % of two seconds
 * is 0.2 s of jitter on the way.
 */
export const burstShare = 0.9;

const generous: RateLimits = { requestsPerMinute: 500, tokensPerMinute: 200_000 };
/** Of a server on one's own machines nothing is known but how it bears the load. */
const adaptive: RateLimits = { maxConcurrent: "adaptive" };
const careful: RateLimits = { requestsPerMinute: 50, tokensPerMinute: 40_000 };

/** Limits that hold where none are given, until a provider's headers state its own. */
export const defaultRateLimits: Readonly<Record<ProviderName, RateLimits>> = {
  openai: generous,
  azure_openai: generous,
  vllm: adaptive,
  litellm: generous,
  anthropic: careful,
  openrouter: careful,
};

const known: Readonly<Record<keyof RateLimits, true>> = {
  requestsPerMinute: true,
  tokensPerMinute: true,
  inputTokensPerMinute: true,
  outputTokensPerMinute: true,
  requestsPerDay: true,
  tokensPerDay: true,
  maxConcurrent: true,
  burstSeconds: true,
};

/**
 * Returns limits that make sense. Throws `RangeError` for one that is not a positive number, since nothing could ever be sent, and for one that there
 * is not, since it would limit nothing.
 */
export function checkRateLimits(limits: RateLimits): RateLimits {
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(known, name)) throw new RangeError(`There is no limits.${name}: give ${Object.keys(known).join(", ")}.`);
    if (value !== undefined && value !== "adaptive" && !(value > 0 && Number.isFinite(value))) {
      throw new RangeError(`limits.${name} must be a positive number; leave it out where there is no limit.`);
    }
  }
  if (typeof limits.maxConcurrent === "number" && limits.maxConcurrent < 1)
    throw new RangeError("limits.maxConcurrent must be at least 1.");
  return limits;
}
