import type { ProviderConfig } from "./provider-config.ts";

/** Variables of the environment, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the configurations of all providers the environment has a key or an endpoint for, in a fixed order:
 * `OPENAI_API_KEY` or `OPENAI_KEY` (and `OPENAI_BASE_URL`), `AZURE_OPENAI_API_KEY` or `AZURE_OPENAI_KEY` with `AZURE_OPENAI_ENDPOINT`,
 * `AZURE_OPENAI_DEPLOYMENT` and `AZURE_OPENAI_API_VERSION` (or `OPENAI_API_VERSION`), `ANTHROPIC_API_KEY` (and `ANTHROPIC_BASE_URL`),
 * `VLLM_ENDPOINT`/`VLLM_API_KEY`, `LITELLM_ENDPOINT`/`LITELLM_API_KEY`, `OPENROUTER_API_KEY`/`OPENROUTER_ENDPOINT`.
 * Empty variables count as absent.
 */
export function configFromEnvironment(environment: Environment): ProviderConfig[] {
  const get = (...names: string[]): string | undefined =>
    names.map((name) => environment[name]?.trim()).find((value) => value !== undefined && value !== "");
  const found: ProviderConfig[] = [];
  const openaiKey = get("OPENAI_API_KEY", "OPENAI_KEY");
  if (openaiKey !== undefined) found.push({ provider: "openai", apiKey: openaiKey, baseUrl: get("OPENAI_BASE_URL") });
  const azureKey = get("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_KEY");
  const azureEndpoint = get("AZURE_OPENAI_ENDPOINT");
  if (azureKey !== undefined && azureEndpoint !== undefined) {
    const deployment = get("AZURE_OPENAI_DEPLOYMENT");
    const apiVersion = get("AZURE_OPENAI_API_VERSION", "OPENAI_API_VERSION");
    found.push({ provider: "azure_openai", apiKey: azureKey, baseUrl: azureEndpoint, deployment, apiVersion });
  }
  const anthropicKey = get("ANTHROPIC_API_KEY");
  if (anthropicKey !== undefined) found.push({ provider: "anthropic", apiKey: anthropicKey, baseUrl: get("ANTHROPIC_BASE_URL") });
  const vllm = get("VLLM_ENDPOINT");
  if (vllm !== undefined) found.push({ provider: "vllm", baseUrl: vllm, apiKey: get("VLLM_API_KEY") });
  const litellm = get("LITELLM_ENDPOINT");
  if (litellm !== undefined) found.push({ provider: "litellm", baseUrl: litellm, apiKey: get("LITELLM_API_KEY") });
  const openrouterKey = get("OPENROUTER_API_KEY");
  if (openrouterKey !== undefined) found.push({ provider: "openrouter", apiKey: openrouterKey, baseUrl: get("OPENROUTER_ENDPOINT") });
  return found;
}
