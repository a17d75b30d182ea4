import type { EntityRegistry, Logger } from "@minference/ecs";
import { type CallableRegistry, InferenceOrchestrator, type Outcome, type RunEvent } from "@minference/threads";
import { startProgressDisplay } from "../display/progress-display.ts";
import { logRunEvent } from "../log/log-run-event.ts";
import type { ActiveProvider } from "./active-provider.ts";
import type { Conversation } from "./conversation.ts";
import { ProviderProgress, type ProviderSnapshot } from "./provider-progress.ts";
import { runWithProvider } from "./run-with-provider.ts";
import type { Terminal } from "./terminal.ts";

/** The most requests one conversation may take. */
const maxSteps = 20;

/** What a run works with. */
export interface Ensemble {
  readonly registry: EntityRegistry;
  readonly callables: CallableRegistry;
  readonly providers: readonly ActiveProvider[];
  readonly conversations: readonly Conversation[];
  /** Told of every event; null where nobody asked for it. */
  readonly logger: Logger | null;
}

/** What became of the conversations. */
export interface RunResult {
  readonly elapsedMs: number;
  /** One for each conversation. */
  readonly outcomes: ReadonlyMap<Conversation, Outcome>;
  /** One for each provider, in order. */
  readonly providers: readonly ProviderSnapshot[];
}

/** Runs all conversations at once and shows how they get on. */
export async function conduct(ensemble: Ensemble, { clock, environment, signal, stderr }: Terminal): Promise<RunResult> {
  const { callables, conversations, logger, providers, registry } = ensemble;
  const orchestrator = new InferenceOrchestrator({
    registry,
    callables,
    maxSteps,
    clock,
    clients: Object.fromEntries(providers.map(({ client, plan }) => [plan.label, client])),
  });
  const groups = providers.map((provider) => {
    const own = conversations.filter(({ plan }) => plan === provider.plan);
    return { provider, own, progress: new ProviderProgress(provider.plan.label, own.length) };
  });
  const startedAt = clock.monotonic();
  const elapsedMs = (): number => clock.monotonic() - startedAt;
  const snapshot = (): readonly ProviderSnapshot[] => groups.map(({ progress }) => progress.snapshot(clock.now()));
  const display = startProgressDisplay(stderr, { snapshot, elapsedMs }, { clock, terminal: environment["TERM"] });
  const stopping = (): void => display.note("Stopping; what is done is stored. Ctrl-C again ends at once.");
  signal.addEventListener("abort", stopping);
  try {
    const ended = await Promise.all(
      groups.map(async ({ own, progress, provider }) => {
        const threads = own.map(({ thread }) => thread);
        const onEvent = (event: RunEvent): void => {
          progress.observe(event);
          if (logger !== null) logRunEvent(logger, provider.plan.label, event);
        };
        const options = { signal, onEvent };
        const run = provider.server === null ? runWithProvider(orchestrator, threads, options) : orchestrator.runParallel(threads, options);
        return pair(own, await run);
      }),
    );
    return { elapsedMs: elapsedMs(), outcomes: new Map(ended.flat()), providers: snapshot() };
  } finally {
    signal.removeEventListener("abort", stopping);
    display.stop();
  }
}

function pair(conversations: readonly Conversation[], outcomes: readonly Outcome[]): (readonly [Conversation, Outcome])[] {
  return conversations.flatMap((conversation, index) => {
    const outcome = outcomes[index];
    return outcome === undefined ? [] : [[conversation, outcome] as const];
  });
}
