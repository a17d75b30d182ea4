import type { ProviderConfig } from "./provider-config.ts";
import type { ProxySettings } from "./proxy-settings.ts";

/** Variables of the environment, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the configurations of all providers the environment has a key or an endpoint for, in a fixed order:
 * `OPENAI_API_KEY` or `OPENAI_KEY` (and `OPENAI_BASE_URL`), `AZURE_OPENAI_API_KEY` or `AZURE_OPENAI_KEY` with `AZURE_OPENAI_ENDPOINT`,
 * `AZURE_OPENAI_DEPLOYMENT` and `AZURE_OPENAI_API_VERSION` (or `OPENAI_API_VERSION`), `ANTHROPIC_API_KEY` (and `ANTHROPIC_BASE_URL`),
 * `VLLM_ENDPOINT`/`VLLM_API_KEY`, `LITELLM_ENDPOINT`/`LITELLM_API_KEY`, `OPENROUTER_API_KEY`/`OPENROUTER_ENDPOINT`.
 * Empty variables count as absent. `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, also in small letters, are the proxies of all of them.
 */
export function configFromEnvironment(environment: Environment): ProviderConfig[] {
  const get = (...names: string[]): string | undefined =>
    names.map((name) => environment[name]?.trim()).find((value) => value !== undefined && value !== "");
  const found: ProviderConfig[] = [];
  const proxy = proxyOf(get);
  const common = proxy === undefined ? {} : { proxy };
  const openaiKey = get("OPENAI_API_KEY", "OPENAI_KEY");
  if (openaiKey !== undefined) found.push({ ...common, provider: "openai", apiKey: openaiKey, baseUrl: get("OPENAI_BASE_URL") });
  const azureKey = get("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_KEY");
  const azureEndpoint = get("AZURE_OPENAI_ENDPOINT");
  if (azureKey !== undefined && azureEndpoint !== undefined) {
    const deployment = get("AZURE_OPENAI_DEPLOYMENT");
    const apiVersion = get("AZURE_OPENAI_API_VERSION", "OPENAI_API_VERSION");
    found.push({ ...common, provider: "azure_openai", apiKey: azureKey, baseUrl: azureEndpoint, deployment, apiVersion });
  }
  const anthropicKey = get("ANTHROPIC_API_KEY");
  if (anthropicKey !== undefined)
    found.push({ ...common, provider: "anthropic", apiKey: anthropicKey, baseUrl: get("ANTHROPIC_BASE_URL") });
  const vllm = get("VLLM_ENDPOINT");
  if (vllm !== undefined) found.push({ ...common, provider: "vllm", baseUrl: vllm, apiKey: get("VLLM_API_KEY") });
  const litellm = get("LITELLM_ENDPOINT");
  if (litellm !== undefined) found.push({ ...common, provider: "litellm", baseUrl: litellm, apiKey: get("LITELLM_API_KEY") });
  const openrouterKey = get("OPENROUTER_API_KEY");
  if (openrouterKey !== undefined)
    found.push({ ...common, provider: "openrouter", apiKey: openrouterKey, baseUrl: get("OPENROUTER_ENDPOINT") });
  return found;
}

function proxyOf(get: (...names: string[]) => string | undefined): ProxySettings | undefined {
  const http = get("http_proxy", "HTTP_PROXY");
  const https = get("https_proxy", "HTTPS_PROXY");
  return http === undefined && https === undefined ? undefined : { http, https, except: get("no_proxy", "NO_PROXY") };
}
