import type { ProviderName } from "@minference/clients";

/** The names that the conventions have for providers; theirs for those they do not know. */
const providers: Readonly<Record<ProviderName, string>> = {
  openai: "openai",
  azure_openai: "azure.ai.openai",
  anthropic: "anthropic",
  vllm: "vllm",
  litellm: "litellm",
  openrouter: "openrouter",
};

/** Gives a provider the name that the conventions have for it. */
export function conventionalProvider(provider: ProviderName): string {
  return providers[provider];
}
