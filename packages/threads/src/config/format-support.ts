import { type ProviderName, providerNames } from "@minference/clients";
import type { ResponseFormatName } from "./response-format.ts";

/** How a provider is brought to answer in a format, or why it can't be. */
export type FormatSupport =
  | {
      readonly how: string;
      /** Why a reasoning model can't; null where it can. */
      readonly reasonerRefusal: string | null;
    }
  | { readonly refusal: string };

/** Providers that go on with an answer the request has begun; the others are asked for JSON at the end of the message. */
const continuing: ReadonlySet<ProviderName> = new Set<ProviderName>(["anthropic", "vllm", "litellm"]);

const jsonModeRefusals: Partial<Readonly<Record<ProviderName, string>>> = {
  anthropic: "anthropic has no JSON mode; use structured_output or json_beg",
  vllm: "vllm has no JSON mode for every model it serves; use structured_output or json_beg",
  litellm: "litellm passes requests on to providers that have no JSON mode; use structured_output or json_beg",
};

// https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking: thinking excludes forced tools and begun answers
const noForcedTool = "anthropic can't think before a forced tool call; use auto_tools, or set reasoner to false";
const noPrefill = "anthropic can't think before an answer that the request begins; use structured_output, or set reasoner to false";

function always(how: string): FormatSupport {
  return { how, reasonerRefusal: null };
}

/** Gives the provider of a client's name, null where it is named otherwise. */
export function providerNamed(client: string): ProviderName | null {
  return providerNames.find((name) => name === client) ?? null;
}

/** Claude models up to 4.5; later ones refuse a begun answer (https://platform.claude.com/docs/en/about-claude/models/whats-new-claude-4-6). */
const continuingClaude = /claude-(?:[23]|instant|(?:opus|sonnet|haiku)-4-(?:[0-5](?:-|$)|\d{8}))/;

/** Whether the provider, with a model, goes on with an answer that the request has begun. */
export function continuesAnswers(provider: ProviderName | null, model: string | null): boolean {
  if (provider === null || !continuing.has(provider)) return false;
  return model === null || !model.includes("claude-") || continuingClaude.test(model);
}

/** Tells whether and how a provider answers in a format, with a model where that makes a difference. */
export function formatSupport(provider: ProviderName, format: ResponseFormatName, model: string | null = null): FormatSupport {
  const forcedTool = { how: "forced tool call", reasonerRefusal: provider === "anthropic" ? noForcedTool : null };
  switch (format) {
    case "text":
      return always("plain text");
    case "json_beg":
      if (!continuesAnswers(provider, model)) return always("postfill");
      return { how: "prefill", reasonerRefusal: provider === "anthropic" ? noPrefill : null };
    case "json_object": {
      const refusal = jsonModeRefusals[provider];
      return refusal === undefined ? always("JSON mode") : { refusal };
    }
    case "structured_output":
      return always("JSON schema");
    case "auto_tools":
      return always("tool calls");
    case "tool":
    case "workflow":
      return forcedTool;
  }
}
