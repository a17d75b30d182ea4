import type { EntityRegistry, JsonValue, Logger } from "@minference/ecs";
import {
  type CallableRegistry,
  type Doubt,
  type DoubtPolicy,
  InferenceOrchestrator,
  type Outcome,
  type RunEvent,
  type RunOptions,
} from "@minference/threads";
import { startProgressDisplay } from "../display/progress-display.ts";
import { formatThings } from "../display/quantities.ts";
import { logRunEvent } from "../log/log-run-event.ts";
import type { ActiveProvider } from "./active-provider.ts";
import type { Conversation } from "./conversation.ts";
import { firstRequestFirst } from "./first-request-first.ts";
import { ProviderProgress, type ProviderSnapshot } from "./provider-progress.ts";
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
  /** How to go on with the run later, to be stored beside it. */
  readonly metadata: JsonValue;
  /** The run to go on with; null for a new one. */
  readonly resume: { readonly runId: string; readonly onDoubt: DoubtPolicy } | null;
  /** The command that goes on with a run. */
  readonly commandToResume: (runId: string) => string;
}

/** What became of the conversations. */
export interface RunResult {
  /** Null where the store does not outlive the program. */
  readonly runId: string | null;
  readonly elapsedMs: number;
  /** One for each conversation that was begun. */
  readonly outcomes: ReadonlyMap<Conversation, Outcome>;
  /** One for each provider, in order. */
  readonly providers: readonly ProviderSnapshot[];
}

/** Runs all conversations at once, or those that are left of a run, and shows how they get on. */
export async function conduct(ensemble: Ensemble, { clock, environment, signal, stderr }: Terminal): Promise<RunResult> {
  const { callables, commandToResume, conversations, logger, metadata, providers, registry, resume } = ensemble;
  const clients = providers.map(({ client, plan, server }) => [plan.label, server === null ? firstRequestFirst(client) : client] as const);
  const orchestrator = new InferenceOrchestrator({ registry, callables, maxSteps, clock, clients: Object.fromEntries(clients) });
  const progress = new Map(
    providers.map(({ plan }) => [plan, new ProviderProgress(plan.label, conversations.filter((one) => one.plan === plan).length)]),
  );
  const startedAt = clock.monotonic();
  const elapsedMs = (): number => clock.monotonic() - startedAt;
  const snapshot = (): readonly ProviderSnapshot[] => Array.from(progress.values(), (one) => one.snapshot(clock.now()));
  const display = startProgressDisplay(stderr, { snapshot, elapsedMs }, { clock, terminal: environment["TERM"] });
  const stopping = (): void => display.note("Stopping; what is done is stored. Ctrl-C again ends at once.");
  signal.addEventListener("abort", stopping);
  const onEvent = (event: RunEvent): void => {
    const plan = conversations[event.index]?.plan;
    if (plan === undefined) return;
    progress.get(plan)?.observe(event);
    if (logger !== null) logRunEvent(logger, plan.label, event);
  };
  const doubts: Doubt[] = [];
  let runId = resume?.runId ?? null;
  const onRunStored: RunOptions["onRunStored"] = (id) => {
    runId = id;
    display.note(`run ${id}; when it was stopped, go on with it: ${commandToResume(id)}`);
  };
  const onDoubt = (doubt: Doubt): DoubtPolicy => {
    doubts.push(doubt);
    return resume?.onDoubt ?? "ask";
  };
  try {
    const threads = conversations.map(({ thread }) => thread);
    const outcomes =
      resume === null
        ? await orchestrator.runParallel(threads, { signal, onEvent, metadata, onRunStored })
        : await orchestrator.resume(resume.runId, { signal, onEvent, onDoubt, failed: "all" });
    if (doubts.length > 0) display.note(`${formatThings(doubts.length, "request")} in doubt: ${resume?.onDoubt}`);
    return { runId, elapsedMs: elapsedMs(), outcomes: pair(conversations, outcomes), providers: snapshot() };
  } finally {
    signal.removeEventListener("abort", stopping);
    display.stop();
  }
}

function pair(conversations: readonly Conversation[], outcomes: readonly Outcome[]): ReadonlyMap<Conversation, Outcome> {
  return new Map(
    outcomes.flatMap((outcome) => {
      const conversation = conversations[outcome.index];
      return conversation === undefined ? [] : [[conversation, outcome] as const];
    }),
  );
}
