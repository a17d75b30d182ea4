import { createServer } from "node:http";
import type { ProviderName } from "../contract/provider-name.ts";
import { optimumMs } from "./optimum.ts";
import type { SimulatedProvider, SimulatedProviderOptions } from "./simulated-provider-options.ts";
import { Simulation } from "./simulation.ts";

/** Where each provider is played, as its clients take the base URL. */
const places: Readonly<Record<ProviderName, string>> = {
  openai: "/v1",
  openrouter: "/v1",
  azure_openai: "",
  anthropic: "",
  vllm: "/vllm/v1",
  litellm: "/litellm/v1",
};

/** Starts a server on 127.0.0.1 that plays a provider on both wires. Every answer is marked as simulated. */
export async function startSimulatedProvider(options: SimulatedProviderOptions): Promise<SimulatedProvider> {
  const simulation = new Simulation(options);
  const server = createServer((request, response) => void simulation.serve(request, response));
  server.keepAliveTimeout = 60_000;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(options.port ?? 0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  const base = `http://127.0.0.1:${address.port}`;
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((done) => server.close(() => done()));
    server.closeAllConnections();
    await closed;
  };
  const { ledger } = simulation;
  const optimum = (): number | null => (options.limits === undefined ? null : optimumMs(ledger.records(), options.limits));
  return {
    openaiBaseUrl: `${base}/v1`,
    anthropicBaseUrl: base,
    baseUrlOf: (provider) => `${base}${places[provider]}`,
    port: address.port,
    counts: () => ledger.counts(),
    records: () => ledger.records(),
    answersByKey: () => ledger.answersByKey(),
    optimumMs: optimum,
    utilisation: () => {
      const best = optimum();
      const { elapsedMs } = ledger.counts();
      return best === null || elapsedMs === 0 ? null : best / elapsedMs;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
