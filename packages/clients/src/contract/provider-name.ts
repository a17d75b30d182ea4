/** The providers that can be configured by name. */
export const providerNames = ["openai", "azure_openai", "anthropic", "vllm", "litellm", "openrouter"] as const;

/** Names one of the providers that can be configured. */
export type ProviderName = (typeof providerNames)[number];

/** Names a wire format: `openai` is chat completions, `anthropic` is messages. */
export type WireName = "openai" | "anthropic";
