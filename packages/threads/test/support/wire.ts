import { type ChatClient, createChatClient, type Fetch } from "@minference/clients";
import { type SimulatedProvider, type SimulatedScript, startSimulatedProvider } from "@minference/clients/testing";

/** Providers that the simulated one can stand for. */
type WireProvider = "openai" | "anthropic" | "vllm";

/** A real client on a server that is strict about every request. */
export interface Wire extends AsyncDisposable {
  readonly provider: WireProvider;
  readonly server: SimulatedProvider;
  readonly client: ChatClient;
  /** The bodies that were sent, in order. */
  readonly bodies: string[];
}

/** Connects to a simulated provider over HTTP. */
export async function connect(provider: WireProvider, script: SimulatedScript): Promise<Wire> {
  const server = await startSimulatedProvider({ script });
  const bodies: string[] = [];
  const fetch: Fetch = (input, init) => {
    if (typeof init?.body === "string") bodies.push(init.body);
    return globalThis.fetch(input, init);
  };
  const baseUrl = provider === "anthropic" ? server.anthropicBaseUrl : server.openaiBaseUrl;
  const limits = { requestsPerMinute: 60_000, tokensPerMinute: 60_000_000 };
  const client = createChatClient({ provider, apiKey: "test-key", baseUrl, limits, retry: { maxAttempts: 1 } }, { fetch });
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
