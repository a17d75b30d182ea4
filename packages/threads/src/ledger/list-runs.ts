import { type EntityRegistry, pagesOf, type VersionHeader } from "@minference/ecs";
import { entriesOfRun } from "./entries-of-run.ts";
import { type LedgerStatus, ledgerStatuses } from "./ledger-status.ts";
import { Run } from "./run.ts";

/** A run, and how far it is. */
export interface RunSummary {
  /** What `resume` takes. */
  readonly runId: string;
  readonly name: string | null;
  readonly startedAt: Date;
  /** How many threads were handed in. */
  readonly threads: number;
  /** How many of them are how far. They add up to less than `threads` where some could not be stored. */
  readonly counts: Readonly<Record<LedgerStatus, number>>;
  /** When a step was stored last. */
  readonly lastStoredAt: Date;
  readonly metadata: Run["metadata"];
}

const pageSize = 1000;

/** Lists the stored runs, the latest first, 20 unless told otherwise. Costs what the runs listed have as threads, read a page at a time. */
export async function listRuns(registry: EntityRegistry, options: { readonly limit?: number | undefined } = {}): Promise<RunSummary[]> {
  const headers: VersionHeader[] = [];
  for await (const runs of pagesOf((after) => registry.list(Run, { limit: pageSize, ...after }))) headers.push(...runs);
  const latest = headers.toReversed().slice(0, options.limit ?? 20);
  const runs = await registry.getMany(
    Run,
    latest.map(({ ecsId }) => ecsId),
  );
  return Promise.all(runs.map((run) => summaryOf(registry, run)));
}

async function summaryOf(registry: EntityRegistry, run: Run): Promise<RunSummary> {
  const status = new Map<string, LedgerStatus>();
  let lastStoredAt = run.startedAt;
  for await (const entries of entriesOfRun(registry, run.ecsId)) {
    for (const { createdAt } of entries) if (createdAt > lastStoredAt) lastStoredAt = createdAt;
    for (const { lineageId, payload } of await registry.storage.loadVersions(entries.map(({ ecsId }) => ecsId))) {
      const known = ledgerStatuses.find((one) => one === payload["status"]);
      if (known !== undefined) status.set(lineageId, known);
    }
  }
  const found = Array.from(status.values());
  return {
    runId: run.lineageId,
    name: run.name,
    startedAt: run.startedAt,
    threads: run.threads,
    counts: countsOf(found),
    lastStoredAt,
    metadata: run.metadata,
  };
}

function countsOf(found: readonly LedgerStatus[]): Record<LedgerStatus, number> {
  const count = (status: LedgerStatus): number => found.filter((one) => one === status).length;
  return {
    reserved: count("reserved"),
    sent: count("sent"),
    done: count("done"),
    in_doubt: count("in_doubt"),
    awaiting_approval: count("awaiting_approval"),
    completed: count("completed"),
    failed: count("failed"),
  };
}
