import { type ChatClient, createChatClient, type Fetch, type ProviderName } from "@minference/clients";
import {
  type SimulatedProvider,
  type SimulatedProviderOptions,
  type SimulatedScript,
  startSimulatedProvider,
} from "@minference/clients/testing";

/** A real client on a server that is strict about every request. */
export interface Wire extends AsyncDisposable {
  readonly provider: ProviderName;
  readonly server: SimulatedProvider;
  readonly client: ChatClient;
  /** The bodies that were sent, in order. */
  readonly bodies: string[];
}

/** Connects to a simulated provider over HTTP. */
export async function connect(
  provider: ProviderName,
  script: SimulatedScript,
  options: Omit<SimulatedProviderOptions, "script"> & { readonly maxAttempts?: number; readonly maxConcurrent?: number } = {},
): Promise<Wire> {
  const { maxAttempts = 1, maxConcurrent, ...serverOptions } = options;
  const server = await startSimulatedProvider({ script, ...serverOptions });
  const bodies: string[] = [];
  const fetch: Fetch = (input, init) => {
    if (typeof init?.body === "string") bodies.push(init.body);
    return globalThis.fetch(input, init);
  };
  const baseUrl = server.baseUrlOf(provider);
  const limits = { requestsPerMinute: 60_000, tokensPerMinute: 60_000_000, maxConcurrent };
  const client = createChatClient(
    { provider, apiKey: "test-key", baseUrl, limits, retry: { maxAttempts, baseDelayMs: 1, maxDelayMs: 2 } },
    { fetch },
  );
  return {
    provider,
    server,
    client,
    bodies,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await server.close();
    },
  };
}
