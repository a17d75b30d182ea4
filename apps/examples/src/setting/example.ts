import type { ProviderName } from "@minference/clients";
import type { SimulatedScript } from "@minference/clients/testing";
import type { Setting } from "./setting.ts";

/** An example, and what it needs to be run. */
export interface Example {
  /** The model it asks of each provider it can use, the one it prefers first; empty where it asks none. */
  readonly models: Readonly<Partial<Record<ProviderName, string>>>;
  /** Whether it uses all providers there are, and not only the first. */
  readonly allProviders?: boolean;
  /** What the simulated model says where no provider is configured. */
  readonly script: SimulatedScript;
  run(setting: Setting): Promise<void>;
}

/** Models for examples that ask nothing special of them. */
export const chatModels = { openai: "gpt-4.1-mini", anthropic: "claude-haiku-4-5" } as const;
