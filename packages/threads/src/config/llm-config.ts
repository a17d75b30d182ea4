import type { ProviderName } from "@minference/clients";
import { Entity } from "@minference/ecs";
import * as z from "zod";
import { ThreadError } from "../errors/thread-error.ts";
import { formatSupport, providerNamed } from "./format-support.ts";
import { type ResponseFormatName, responseFormats } from "./response-format.ts";
import { vllmOptions } from "./vllm-options.ts";

/** Formats for which the server itself holds the answer to a form. */
const formsOfTheirOwn: ReadonlySet<ResponseFormatName> = new Set<ResponseFormatName>(["structured_output", "tool", "workflow"]);

/** How a model is to be asked; one may be shared by any number of threads. */
export class LLMConfig extends Entity.define("LLMConfig", {
  /** The name under which the orchestrator has the client; by custom the provider's. */
  client: z.string().min(1),
  /** Null leaves the choice to the orchestrator's default for the client. */
  model: z.string().min(1).nullable().default(null),
  /** The most tokens one answer may have, reasoning included. */
  maxTokens: z.int().min(1).default(400),
  /** Not sent to reasoning models. */
  temperature: z.number().min(0).max(2).default(0),
  /** A thread's `tools` can be called in `auto_tools` and `workflow` alone. */
  responseFormat: z.enum(responseFormats).default("text"),
  /** Whether the provider is told what it may keep for the next request, where it wants to be told. */
  useCache: z.boolean().default(true),
  /** Whether the model is one that thinks before it answers. */
  reasoner: z.boolean().default(false),
  reasoningEffort: z.enum(["low", "medium", "high"]).default("medium"),
  /** What only vLLM takes: a form that the answer is held to, and how its chat template is used. */
  vllm: vllmOptions.readonly().nullable().default(null),
}) {
  /** Makes a configuration and refuses a combination that cannot work, with the reason (`invalid_config`). */
  static create(input: ConstructorParameters<typeof LLMConfig>[0]): LLMConfig {
    const config = new LLMConfig(input);
    config.check();
    return config;
  }

  /**
   * Throws `invalid_config` when the settings cannot work together with a provider, by default the one the client is named after. With a
   * client of another name a run checks again, against the provider that is behind it.
   */
  check(provider: ProviderName | null = providerNamed(this.client)): void {
    const refused = this.#vllmRefusal(provider);
    if (refused !== null) throw new ThreadError("invalid_config", refused);
    if (provider === null) return;
    const support = formatSupport(provider, this.responseFormat, this.model);
    const refusal = "refusal" in support ? support.refusal : this.reasoner ? support.reasonerRefusal : null;
    if (refusal !== null) throw new ThreadError("invalid_config", refusal);
    // https://docs.anthropic.com/en/api/messages: temperature ranges from 0 to 1
    if (provider === "anthropic" && this.temperature > 1 && !this.reasoner) {
      throw new ThreadError("invalid_config", `temperature ${this.temperature} is more than the 1 that anthropic takes; lower it`);
    }
  }

  #vllmRefusal(provider: ProviderName | null): string | null {
    const { responseFormat, vllm } = this;
    if (vllm === null) return null;
    if (provider !== null && provider !== "vllm") return `only vllm takes the options in vllm, and ${provider} does not; leave them out`;
    if (vllm.addGenerationPrompt === true && vllm.continueFinalMessage === true)
      return "vllm.addGenerationPrompt and vllm.continueFinalMessage exclude each other";
    if (vllm.guided === undefined || !formsOfTheirOwn.has(responseFormat)) return null;
    return `vllm.guided and the response format ${responseFormat} both say what the answer is to be; use one of them`;
  }
}
