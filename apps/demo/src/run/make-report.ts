import type { StorageStatistics } from "@minference/ecs";
import type { Outcome } from "@minference/threads";
import { optimumMs } from "@minference/clients/testing";
import type { ActiveProvider } from "./active-provider.ts";
import type { RunResult } from "./conduct.ts";
import type { Conversation } from "./conversation.ts";
import { grade } from "./grade.ts";
import type { ProviderSnapshot } from "./provider-progress.ts";
import type { ProviderReport, RunReport, ThreadReport, ThreadResult } from "./run-report.ts";

/** What a report is made of. */
export interface ReportSources {
  readonly result: RunResult;
  readonly conversations: readonly Conversation[];
  readonly providers: readonly ActiveProvider[];
  readonly badLines: number;
  readonly interrupted: boolean;
  readonly storage: {
    readonly location: string;
    readonly versionsAdded: number;
    readonly before: StorageStatistics;
    readonly after: StorageStatistics;
  };
}

/** Sums up a run. */
export function makeReport(sources: ReportSources): RunReport {
  const { badLines, conversations, interrupted, result, storage } = sources;
  const threads = conversations.flatMap((conversation): ThreadReport[] => {
    const outcome = result.outcomes.get(conversation);
    return outcome === undefined ? [] : [grade(conversation, outcome)];
  });
  const count = (wanted: ThreadResult): number => threads.filter((thread) => thread.result === wanted).length;
  const providers = sources.providers.flatMap((provider, index) => {
    const snapshot = result.providers[index];
    return snapshot === undefined ? [] : [providerReport(provider, snapshot, outcomesOf(sources, provider))];
  });
  const best = longest(providers);
  const flawless =
    providers.every(({ refused }) => refused === 0) && threads.every(({ result: one }) => one === "right" || one === "wrong");
  return {
    runId: result.runId,
    interrupted,
    problems: threads.length,
    right: count("right"),
    wrong: count("wrong"),
    failed: count("failed"),
    cancelled: count("cancelled"),
    inDoubt: count("in doubt"),
    badLines,
    elapsedMs: result.elapsedMs,
    optimumMs: best,
    utilisation: best === null || !flawless ? null : best / result.elapsedMs,
    providers,
    storage: {
      location: storage.location,
      versionsAdded: storage.versionsAdded,
      versions: storage.after.versions,
      bytes: storage.after.bytes,
      bytesGrown: Math.max(0, storage.after.bytes - storage.before.bytes),
    },
    threads,
  };
}

function outcomesOf({ conversations, result }: ReportSources, { plan }: ActiveProvider): readonly Outcome[] {
  return conversations
    .filter((conversation) => conversation.plan === plan)
    .flatMap((conversation) => result.outcomes.get(conversation) ?? []);
}

function providerReport(provider: ActiveProvider, snapshot: ProviderSnapshot, outcomes: readonly Outcome[]): ProviderReport {
  const { limits, plan, server } = provider;
  const { answered, elapsedMs, inputTokens, label, outputTokens, refused, retries, threads } = snapshot;
  return {
    label,
    model: plan.model,
    simulated: server !== null,
    threads,
    answered,
    refused,
    retries,
    inputTokens,
    outputTokens,
    requestsPerMinute: limits?.requestsPerMinute ?? null,
    tokensPerMinute: limits?.tokensPerMinute ?? null,
    elapsedMs,
    optimumMs: server === null ? ownOptimum(provider, outcomes) : server.optimumMs(),
    server: server?.counts() ?? null,
  };
}

/** Works out the best time from what was measured here, for a server that can't be asked. */
function ownOptimum({ limits }: ActiveProvider, outcomes: readonly Outcome[]): number | null {
  if (limits === null) return null;
  const records = outcomes.flatMap(({ outputs }) =>
    outputs.map((output) => ({ tokens: output.usage?.totalTokens ?? 0, latencyMs: output.timeTaken ?? 0 })),
  );
  return optimumMs(records, limits);
}

function longest(providers: readonly ProviderReport[]): number | null {
  const known = providers.flatMap((provider) => provider.optimumMs ?? []);
  return known.length < providers.length || known.length === 0 ? null : Math.max(...known);
}
