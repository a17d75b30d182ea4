import type { ProviderName } from "../contract/provider-name.ts";

/** In what the providers of one wire differ. */
export interface OpenaiQuirks {
  /** Where the answer's limit is stated. */
  readonly maxTokensField: "max_completion_tokens" | "max_tokens";
  /** Where the end-user identifier is stated. */
  readonly userField: "safety_identifier" | "user";
  /** Whether instructions of a reasoning request go in a developer message. */
  readonly developer: boolean;
  /**
   * What becomes of strict schemas: adapted to OpenAI's strict mode or refused; adapted where they can be, since the request may go on to OpenAI;
   * or sent as they are, to a server that takes any.
   */
  readonly strictMode: "adapt" | "try" | "none";
  /** Whether it takes what only vLLM does; before version 0.12 it had other names for holding an answer to a form. */
  readonly vllm: "structured_outputs" | "guided" | null;
  /** How it is told that the answer goes on from a last message of the assistant's; null where it never does. */
  readonly continuation: "vllm" | "prefix" | null;
  /** How reasoning is asked for, and sent back. */
  readonly reasoning: "effort" | "openrouter";
}

const own: OpenaiQuirks = {
  maxTokensField: "max_completion_tokens",
  userField: "safety_identifier",
  developer: true,
  strictMode: "adapt",
  vllm: null,
  continuation: null,
  reasoning: "effort",
};
const compatible: OpenaiQuirks = { ...own, maxTokensField: "max_tokens", userField: "user", developer: false, strictMode: "none" };

/** Sources: https://platform.openai.com/docs/api-reference/chat/create, https://openrouter.ai/docs/use-cases/reasoning-tokens, https://docs.litellm.ai/docs/completion/prefix */
export const openaiQuirks: Readonly<Record<Exclude<ProviderName, "anthropic">, OpenaiQuirks>> = {
  openai: own,
  azure_openai: { ...own, userField: "user" },
  vllm: { ...compatible, vllm: "structured_outputs", continuation: "vllm" },
  litellm: { ...compatible, developer: true, strictMode: "try", continuation: "prefix" },
  openrouter: { ...compatible, strictMode: "try", reasoning: "openrouter" },
};
