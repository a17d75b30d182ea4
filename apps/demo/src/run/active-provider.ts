import { type ChatClient, ConfigurationError, createChatClient, type ProviderConfig } from "@minference/clients";
import type { SimulatedProvider } from "@minference/clients/testing";
import { CommandError } from "@minference/command-line";
import type { Problem } from "@minference/word-problems";
import type { RunCommand } from "../cli/command.ts";
import type { ProviderPlan } from "../providers/provider-plan.ts";
import { startSimulation } from "../simulation/start-simulation.ts";

/** A provider that can be talked to. */
export interface ActiveProvider {
  readonly plan: ProviderPlan;
  readonly client: ChatClient;
  /** What the run was told that the provider allows a minute; null where it was not told. */
  readonly limits: { readonly requestsPerMinute: number; readonly tokensPerMinute: number } | null;
  /** The server behind it, where it is simulated. */
  readonly server: SimulatedProvider | null;
  /** Where it is, for people. */
  readonly address: string;
}

/** Lets go of something that a run used. */
export type Closer = () => Promise<void>;

/** Makes the clients of a run and starts the simulated providers among them; adds to `closers` what lets go of them, in reverse order. */
export async function activateProviders(
  plans: readonly ProviderPlan[],
  problems: readonly Problem[],
  command: RunCommand,
  closers: Closer[],
): Promise<readonly ActiveProvider[]> {
  const active: ActiveProvider[] = [];
  let simulated = 0;
  for (const plan of plans) {
    if (plan.config !== null) {
      active.push({
        plan,
        client: connect(plan.config),
        limits: statedLimits(command),
        server: null,
        address: plan.config.baseUrl ?? "the provider's own address",
      });
    } else {
      const { config, limits, server } = await startSimulation(plan, problems, command, simulated);
      closers.push(() => server.close());
      active.push({ plan, client: createChatClient(config), limits, server, address: `127.0.0.1:${server.port}` });
      simulated += 1;
    }
  }
  for (const { client } of active) closers.push(() => client.close());
  return active;
}

function statedLimits({ requestsPerMinute, tokensPerMinute }: RunCommand): ActiveProvider["limits"] {
  return requestsPerMinute === null || tokensPerMinute === null ? null : { requestsPerMinute, tokensPerMinute };
}

function connect(config: ProviderConfig): ChatClient {
  try {
    return createChatClient(config);
  } catch (cause) {
    throw cause instanceof ConfigurationError ? new CommandError(cause.message, { cause }) : cause;
  }
}
