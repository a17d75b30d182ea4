import type { ProviderName } from "../contract/provider-name.ts";

/** In what the providers of one wire differ. */
export interface OpenaiQuirks {
  /** Where the answer's limit is stated. */
  readonly maxTokensField: "max_completion_tokens" | "max_tokens";
  /** Where the end-user identifier is stated. */
  readonly userField: "safety_identifier" | "user";
  /** How reasoning is asked for, and sent back. */
  readonly reasoning: "effort" | "openrouter";
}

const own: OpenaiQuirks = { maxTokensField: "max_completion_tokens", userField: "safety_identifier", reasoning: "effort" };
const compatible: OpenaiQuirks = { maxTokensField: "max_tokens", userField: "user", reasoning: "effort" };

/** Sources: https://platform.openai.com/docs/api-reference/chat/create, https://openrouter.ai/docs/use-cases/reasoning-tokens */
export const openaiQuirks: Readonly<Record<Exclude<ProviderName, "anthropic">, OpenaiQuirks>> = {
  openai: own,
  azure_openai: { ...own, userField: "user" },
  vllm: compatible,
  litellm: compatible,
  openrouter: { ...compatible, reasoning: "openrouter" },
};
