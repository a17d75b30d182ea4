import { createHash } from "node:crypto";
import type { CompleteProviderConfig } from "../config/provider-config.ts";
import type { PoolKey } from "../limits/rate-limiter.ts";
import { checkRateLimits, defaultRateLimits } from "../limits/rate-limits.ts";

/** Names the pools of one configuration. A key appears in a name only as the start of its SHA-256. */
export class PoolNames {
  readonly #config: CompleteProviderConfig;
  readonly #prefix: string;
  readonly #pools = new Map<string, PoolKey>();

  constructor(config: CompleteProviderConfig) {
    if (typeof config.limits === "object") checkRateLimits(config.limits);
    const fingerprint = createHash("sha256").update(config.apiKey).digest("hex").slice(0, 8);
    this.#config = config;
    this.#prefix = `${config.provider} ${config.baseUrl} ${fingerprint}`;
  }

  /** The pool of a model. */
  of(model: string): PoolKey {
    const { limits, poolOf, provider } = this.#config;
    const name = poolOf?.(model) ?? model;
    let pool = this.#pools.get(name);
    if (pool === undefined) {
      const given = typeof limits === "function" ? limits(name) : limits;
      pool = {
        id: `${this.#prefix} ${name}`,
        limits: checkRateLimits(given ?? defaultRateLimits[provider]),
        adaptable: given === undefined,
      };
      this.#pools.set(name, pool);
    }
    return pool;
  }

  /** The pools that were asked for so far. */
  used(): readonly PoolKey[] {
    return [...this.#pools.values()];
  }
}
