import { createChatClient } from "../src/client/create-chat-client.ts";
import type { Clock } from "../src/clock/clock.ts";
import type { ProviderConfig } from "../src/config/provider-config.ts";
import type { ChatClient } from "../src/contract/chat-client.ts";
import type { ChatRequest } from "../src/contract/chat-request.ts";
import { userMessage } from "../src/contract/message.ts";
import type { ProviderError } from "../src/errors/provider-error.ts";
import { startSimulatedProvider } from "../src/testing/simulated-provider.ts";
import type { SimulatedFault, SimulatedProvider, SimulatedProviderOptions } from "../src/testing/simulated-provider-options.ts";

export const key = "test-key-4f9a1c77";
export const wires = ["openai", "anthropic"] as const;
export const request: ChatRequest = {
  model: "sim-1",
  messages: [userMessage("Hi")],
  maxTokens: 100,
  tools: [{ name: "t", inputSchema: { type: "object" } }],
};

/** A provider that fails the first requests it gets. */
export function first(fault: SimulatedFault, times = 1): Partial<SimulatedProviderOptions> {
  return { faults: (received) => (received < times ? fault : undefined) };
}

/** Clients of simulated providers, which `closeAll` closes. */
export class HttpBench {
  readonly #open: SimulatedProvider[] = [];

  readonly setUp = async (
    wire: (typeof wires)[number],
    server: Partial<SimulatedProviderOptions> = {},
    config: Partial<ProviderConfig> = {},
    clock?: Clock,
  ): Promise<{ provider: SimulatedProvider; client: ChatClient }> => {
    const provider = await startSimulatedProvider({ script: () => ({ text: "Hello." }), ...server });
    this.#open.push(provider);
    const limits = { requestsPerMinute: 60_000, tokensPerMinute: 60_000_000 };
    const retry = { baseDelayMs: 1, maxDelayMs: 5, maxAttempts: 4, maxRefusals: 4 };
    const baseUrl = provider.baseUrlOf(wire);
    return { provider, client: createChatClient({ provider: wire, apiKey: key, baseUrl, limits, retry, ...config }, { clock }) };
  };

  readonly closeAll = async (): Promise<void> => {
    await Promise.all(this.#open.splice(0).map((server) => server.close()));
  };
}

/** What a promise was rejected with. */
export async function errorOf(promise: Promise<unknown>): Promise<ProviderError> {
  return await promise.then(
    () => {
      throw new Error("It did not fail.");
    },
    (error: ProviderError) => error,
  );
}
