import type { ProviderConfig } from "@minference/clients";
import { type SimulatedProvider, startSimulatedProvider } from "@minference/clients/testing";
import { CommandError, systemReason } from "@minference/command-line";
import { type Problem, scriptedModel } from "@minference/word-problems";
import type { RunCommand } from "../cli/command.ts";
import type { ProviderPlan } from "../providers/provider-plan.ts";

/** What a simulated provider enforces when nothing else is asked for: little enough that the limits are felt. */
const defaultLimits = { requestsPerMinute: 900, tokensPerMinute: 300_000 };

const latency = { medianMs: 300 };

/** A key that only the simulated providers of this program know. */
const simulatedKey = "simulated-key";

/** A running simulated provider, and how to reach it. */
export interface Simulation {
  readonly server: SimulatedProvider;
  readonly config: ProviderConfig;
  readonly limits: { readonly requestsPerMinute: number; readonly tokensPerMinute: number };
}

/**
 * Starts a simulated provider for a plan on 127.0.0.1, which knows the given problems and enforces the limits of the
 * command. `position` counts the simulated providers of a run from 0: each takes the next port where one was asked for.
 */
export async function startSimulation(
  plan: ProviderPlan,
  problems: readonly Problem[],
  command: RunCommand,
  position: number,
): Promise<Simulation> {
  const limits = {
    requestsPerMinute: command.requestsPerMinute ?? defaultLimits.requestsPerMinute,
    tokensPerMinute: command.tokensPerMinute ?? defaultLimits.tokensPerMinute,
  };
  const port = command.port === 0 ? 0 : command.port + position;
  const server = await startOn(port, () =>
    startSimulatedProvider({
      script: scriptedModel(problems),
      models: [plan.model],
      limits,
      latency,
      seed: command.seed + position,
      apiKeys: [simulatedKey],
      port,
    }),
  );
  const baseUrl = server.baseUrlOf(plan.provider);
  return { server, limits, config: { provider: plan.provider, apiKey: simulatedKey, baseUrl, limits } };
}

async function startOn(port: number, start: () => Promise<SimulatedProvider>): Promise<SimulatedProvider> {
  try {
    return await start();
  } catch (cause) {
    throw new CommandError(`Can't start the simulated provider on 127.0.0.1:${port}: ${systemReason(cause)}; give another --port`, {
      cause,
    });
  }
}
