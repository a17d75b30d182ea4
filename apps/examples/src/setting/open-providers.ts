import { type ChatClient, configFromEnvironment, createChatClient, type Environment, providerNames } from "@minference/clients";
import { startSimulatedProvider } from "@minference/clients/testing";
import type { Example } from "./example.ts";
import type { UsableProvider } from "./setting.ts";

/** Providers that were opened for an example. */
export interface OpenProviders {
  readonly clients: Readonly<Record<string, ChatClient>>;
  readonly providers: readonly UsableProvider[];
  /** What is to be said of them before anything is asked. */
  readonly notes: readonly string[];
  readonly close: () => Promise<void>;
}

/** A key that only the simulated provider of this program knows. */
const simulatedKey = "simulated-key";

/** So much that the examples do not wait. */
const simulatedLimits = { requestsPerMinute: 60_000, tokensPerMinute: 60_000_000 };

/**
 * Opens the providers an example can use: those that the environment has a key or an address for; where there is none, simulated ones
 * on 127.0.0.1, whose names say so.
 */
export async function openProviders({ allProviders = false, models, script }: Example, environment: Environment): Promise<OpenProviders> {
  const wanted = Object.keys(models).flatMap((name) => providerNames.find((provider) => provider === name) ?? []);
  const most = allProviders ? wanted.length : 1;
  const configs = configFromEnvironment(environment);
  const configured = wanted.flatMap((provider) => configs.find((config) => config.provider === provider) ?? []).slice(0, most);
  if (configured.length > 0) {
    return open(
      configured.map((config) => ({
        client: config.provider,
        model: models[config.provider] ?? "",
        config,
        note: `${config.provider}: ${models[config.provider]}`,
      })),
    );
  }
  if (wanted.length === 0) return open([]);
  const server = await startSimulatedProvider({ script, apiKeys: [simulatedKey] });
  const simulated = wanted.slice(0, most).map((provider) => {
    const baseUrl = server.baseUrlOf(provider);
    const client = `${provider} (simulated)`;
    const note = `${client}: scripted answers from 127.0.0.1:${server.port}; with a key in the environment (${wanted.join(", ")}) the real one is asked`;
    return { client, model: models[provider] ?? "", config: { provider, apiKey: simulatedKey, baseUrl, limits: simulatedLimits }, note };
  });
  return open(simulated, () => server.close());
}

interface Opening extends UsableProvider {
  readonly config: Parameters<typeof createChatClient>[0];
  readonly note: string;
}

function open(openings: readonly Opening[], closeServer?: () => Promise<void>): OpenProviders {
  const clients = Object.fromEntries(openings.map(({ client, config }) => [client, createChatClient(config)]));
  return {
    clients,
    providers: openings.map(({ client, model }) => ({ client, model })),
    notes: openings.map(({ note }) => note),
    async close() {
      for (const client of Object.values(clients)) await client.close();
      await closeServer?.();
    },
  };
}
