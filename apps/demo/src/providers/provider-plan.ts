import type { ProviderConfig, ProviderName } from "@minference/clients";

/** One provider of a run. */
export interface ProviderPlan {
  readonly provider: ProviderName;
  /** What it is called wherever it is named: the provider's name, with "(simulated)" where it is. */
  readonly label: string;
  readonly model: string;
  /** How to reach it; null where it is to be simulated. */
  readonly config: ProviderConfig | null;
}
