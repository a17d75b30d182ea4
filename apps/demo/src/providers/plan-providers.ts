import { configFromEnvironment, type Environment, type ProviderConfig, type ProviderName } from "@minference/clients";
import { CommandError, usageError } from "@minference/command-line";
import type { RunCommand } from "../cli/command.ts";
import type { ProviderPlan } from "./provider-plan.ts";

/** The wires the simulated provider speaks. */
const simulatedProviders: readonly ProviderName[] = ["openai", "anthropic"];

const simulatedModel = "simulated-model";

/** Models to use where none is named; for others there is no sensible guess. */
const defaultModels: Readonly<Partial<Record<ProviderName, string>>> = {
  openai: "gpt-4.1-mini",
  anthropic: "claude-haiku-4-5",
};

/**
 * Decides which providers a run uses: those asked for, else those with a key or an address in the environment, else both
 * simulated ones. A provider is simulated exactly when nothing says how to reach it.
 */
export function planProviders(command: RunCommand, environment: Environment): readonly ProviderPlan[] {
  const configured = command.simulate ? [] : configuredProviders(command, environment);
  const named = command.providers ?? (configured.length > 0 ? configured.map(({ provider }) => provider) : simulatedProviders);
  checkModels(command, named);
  return named.map((provider) => {
    const config = configured.find((candidate) => candidate.provider === provider) ?? null;
    if (config === null && !simulatedProviders.includes(provider))
      throw new CommandError(
        `${provider} can't be simulated, and nothing says how to reach it: set its key and address in the environment`,
      );
    return {
      provider,
      label: config === null ? `${provider} (simulated)` : provider,
      model: modelFor(command, provider, config === null),
      config: config === null ? null : withLimits(config, command),
    };
  });
}

function configuredProviders(command: RunCommand, environment: Environment): readonly ProviderConfig[] {
  const found = [...configFromEnvironment(environment), ...keylessServers(environment)];
  if (command.baseUrl === null) return found;
  const [provider = "openai", another] = command.providers ?? [];
  if (another !== undefined) throw usageError("--base-url goes with one provider");
  const known = found.find((config) => config.provider === provider);
  return [{ apiKey: noKey, ...known, provider, baseUrl: command.baseUrl }];
}

/** What is sent to a server of one's own that wants no key; the official SDKs insist on some text. */
const noKey = "none";

/** Servers of one's own that have an address in the environment and no key. */
function keylessServers(environment: Environment): readonly ProviderConfig[] {
  const withKey = new Set(configFromEnvironment(environment).map(({ provider }) => provider));
  return (
    [
      { provider: "openai", baseUrl: environment["OPENAI_BASE_URL"]?.trim() ?? "", apiKey: noKey },
      { provider: "anthropic", baseUrl: environment["ANTHROPIC_BASE_URL"]?.trim() ?? "", apiKey: noKey },
    ] as const
  ).filter(({ provider, baseUrl }) => baseUrl !== "" && !withKey.has(provider));
}

function withLimits(config: ProviderConfig, { requestsPerMinute, tokensPerMinute }: RunCommand): ProviderConfig {
  if (requestsPerMinute === null && tokensPerMinute === null) return config;
  return {
    ...config,
    limits: { requestsPerMinute: requestsPerMinute ?? undefined, tokensPerMinute: tokensPerMinute ?? undefined },
  };
}

function modelFor(command: RunCommand, provider: ProviderName, simulated: boolean): string {
  const choice =
    command.models.findLast((model) => model.provider === provider) ?? command.models.findLast((model) => model.provider === null);
  const model = choice?.model ?? (simulated ? simulatedModel : defaultModels[provider]);
  if (model === undefined) throw usageError(`${provider} needs a model: --model ${provider}=NAME`);
  return simulated && !model.startsWith("simulated") ? `simulated-${model}` : model;
}

function checkModels(command: RunCommand, named: readonly ProviderName[]): void {
  const idle = command.models.find(({ provider }) => provider !== null && !named.includes(provider));
  if (idle?.provider != null) throw usageError(`--model ${idle.provider}=${idle.model} is for a provider that is not used`);
}
