import { type ChatClient, createChatClient, type WireName } from "@minference/clients";
import {
  type SimulatedCounts,
  type SimulatedLatency,
  type SimulatedLimits,
  type SimulatedScript,
  startSimulatedProvider,
} from "@minference/clients/testing";

/** Both wires; each evaluation uses each of them. */
export const wires: readonly WireName[] = ["openai", "anthropic"];

/** How simulated providers are to be. */
export interface ProviderSetting {
  readonly script: SimulatedScript;
  /** None when absent: then a number of requests at once holds. */
  readonly limits?: SimulatedLimits | undefined;
  readonly latency?: SimulatedLatency | undefined;
}

/** A simulated provider on one wire, and a client for it. */
export interface Provider {
  readonly wire: WireName;
  readonly client: ChatClient;
  counts(): SimulatedCounts;
  /** The best time the limits allow for what was answered, in milliseconds; null without limits. */
  optimumMs(): number | null;
}

const maxConcurrent = 32;

/** Starts a strict simulated provider for each wire, hands over clients for them, and ends them. */
export async function withProviders<Result>(
  { latency, limits, script }: ProviderSetting,
  work: (providers: readonly Provider[]) => Promise<Result>,
): Promise<Result> {
  const providers: (Provider & { readonly close: () => Promise<void> })[] = [];
  try {
    for (const [index, wire] of wires.entries()) {
      const server = await startSimulatedProvider({ script, limits, latency, seed: index + 1 });
      const client = createChatClient({
        provider: wire,
        apiKey: "simulated-key",
        baseUrl: server.baseUrlOf(wire),
        limits: limits ?? { maxConcurrent },
      });
      const close = async (): Promise<void> => {
        await client.close();
        await server.close();
      };
      providers.push({ wire, client, counts: () => server.counts(), optimumMs: () => server.optimumMs(), close });
    }
    return await work(providers);
  } finally {
    await Promise.all(providers.map((provider) => provider.close()));
  }
}
