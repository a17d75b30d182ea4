import type { RetryPolicy } from "../client/retry-policy.ts";
import { type ProviderName, providerNames } from "../contract/provider-name.ts";
import type { RateLimits } from "../limits/rate-limits.ts";
import { ConfigurationError, checkBaseUrl } from "./base-url.ts";
import { checkProxy, type ProxySettings, proxySecrets } from "./proxy-settings.ts";

/** How to reach a provider, and what it allows. */
export interface ProviderConfig {
  readonly provider: ProviderName;
  /** Not needed for `vllm` and `litellm`. */
  readonly apiKey?: string | undefined;
  /** Where the API is; the provider's own address when absent. Must not hold credentials. */
  readonly baseUrl?: string | undefined;
  /** What the provider allows each pool of models. When absent, cautious defaults hold until its headers state its own. */
  readonly limits?: RateLimits | ((pool: string) => RateLimits) | undefined;
  /** Names the pool of models that share limits. Default: each model has its own. */
  readonly poolOf?: ((model: string) => string) | undefined;
  readonly retry?: RetryPolicy | undefined;
  /** How long one attempt may take, in milliseconds. Default ten minutes. */
  readonly timeoutMs?: number | undefined;
  /** Proxies to go through. Default: none; the environment is looked at by `configFromEnvironment` alone. */
  readonly proxy?: ProxySettings | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** OpenAI only. */
  readonly organization?: string | undefined;
  /** OpenAI only. */
  readonly project?: string | undefined;
  /** vLLM only: whether to say `guided_json` and the like in place of `structured_outputs`, for servers before version 0.12. Default false. */
  readonly guidedFields?: boolean | undefined;
  /** Azure only; the model's name when absent. */
  readonly deployment?: string | undefined;
  /** Azure only. */
  readonly apiVersion?: string | undefined;
}

/** A configuration that was checked. */
export interface CompleteProviderConfig extends ProviderConfig {
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly timeoutMs: number;
  /** What no error, event or kept answer may hold. */
  readonly secrets: readonly string[];
}

const baseUrls: Readonly<Partial<Record<ProviderName, string>>> = {
  openai: "https://api.openai.com/v1",
  anthropic: "https://api.anthropic.com",
  openrouter: "https://openrouter.ai/api/v1",
  vllm: "http://127.0.0.1:8000/v1",
  litellm: "http://127.0.0.1:4000/v1",
};

/** Servers on one's own machines that often want no key; the SDK wants some text. */
const keyless: ReadonlySet<ProviderName> = new Set<ProviderName>(["vllm", "litellm"]);

/** Checks a configuration and fills in defaults. Throws `ConfigurationError`. */
export function completeProviderConfig(config: ProviderConfig): CompleteProviderConfig {
  const { provider } = config;
  if (!providerNames.includes(provider)) {
    throw new ConfigurationError(`There is no provider ${JSON.stringify(provider)}: give one of ${providerNames.join(", ")}.`);
  }
  const given = config.apiKey ?? "";
  const apiKey = given === "" && keyless.has(provider) ? "none" : given;
  if (apiKey === "") throw new ConfigurationError(`${provider} needs an API key: set apiKey or the environment variable for it.`);
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new ConfigurationError(`The API key for ${provider} has a space, line break or other character no header can carry.`);
  }
  const baseUrl = config.baseUrl ?? baseUrls[provider];
  if (baseUrl === undefined) throw new ConfigurationError(`${provider} needs a base URL: set baseUrl to your resource's endpoint.`);
  const timeoutMs = config.timeoutMs ?? 600_000;
  if (!(timeoutMs > 0)) throw new ConfigurationError("timeoutMs must be positive.");
  checkProxy(config.proxy ?? {});
  checkHeaders(config.headers ?? {});
  return {
    ...config,
    apiKey,
    baseUrl: checkBaseUrl(baseUrl),
    timeoutMs,
    secrets: [apiKey, ...proxySecrets(config.proxy ?? {}), ...headerSecrets(config.headers ?? {})],
  };
}

/** What of headers is to be kept secret, by their names: the values, and what stands in them behind a scheme or the name of a cookie. */
function headerSecrets(headers: Readonly<Record<string, string>>): string[] {
  const values = Object.entries(headers).flatMap(([name, value]) => (/auth|cookie|key|secret|token/i.test(name) ? [value] : []));
  const within = values.flatMap((value) => value.split(";")).map((part) => part.trim().replace(/^[^\s=]+(?:\s+|=)/, ""));
  return [...values, ...within];
}

function checkHeaders(headers: Readonly<Record<string, string>>): void {
  const checked = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    try {
      checked.set(name, value);
    } catch {
      throw new ConfigurationError(`The header ${JSON.stringify(name)} has a name or value that no header can carry.`);
    }
  }
}
