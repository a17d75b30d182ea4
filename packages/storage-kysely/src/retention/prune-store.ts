import { setTimeout } from "node:timers/promises";
import type { PrunePolicy, PruneReport } from "@minference/ecs";
import type { SqlEngine } from "../query/sql-engine.ts";
import { planPrune } from "./plan-prune.ts";
import { type BatchOutcome, pruneBatch } from "./prune-batch.ts";
import type { PruneStatements } from "./prune-statements.ts";

/** Versions that go in one transaction: some milliseconds' worth, so that no writer waits long. */
const batchSize = 100;
/** How much of the time the store is left to others, as a share of what a batch took. */
const rest = 1;

/** Prunes a store: plans on what is there, then takes it away batch by batch. */
export async function pruneStore(engine: SqlEngine, statements: PruneStatements, policy: PrunePolicy): Promise<PruneReport> {
  const { doomed, versions, last } = await planPrune(statements, policy, (work) => engine.read(work));
  if (policy.dryRun === true) return { pruned: doomed.length, kept: versions - doomed.length };
  let pruned = 0;
  let size = batchSize;
  for (let waiting = doomed; waiting.length > 0; ) {
    const postponed: number[] = [];
    const before = pruned;
    for (let at = 0; at < waiting.length; at += size) {
      const vids = waiting.slice(at, at + size);
      const outcome = await carryOut(engine, statements, vids, last);
      pruned += outcome.pruned;
      postponed.push(...outcome.postponed);
    }
    // Versions that hold each other in a circle go together or not at all.
    if (pruned === before) {
      if (size >= waiting.length) break;
      size = waiting.length;
    }
    waiting = postponed;
  }
  return { pruned, kept: versions - pruned };
}

async function carryOut(engine: SqlEngine, statements: PruneStatements, vids: readonly number[], last: number): Promise<BatchOutcome> {
  const heirs = new Map<number, number>();
  for (;;) {
    const start = performance.now();
    const attempt = new Map(heirs);
    const outcome = await engine.maintain(() => {
      attempt.clear();
      for (const [holder, heir] of heirs) attempt.set(holder, heir);
      return pruneBatch(statements, vids, last, attempt);
    });
    for (const [holder, heir] of attempt) heirs.set(holder, heir);
    await setTimeout(rest * (performance.now() - start));
    if (!outcome.again) return outcome;
  }
}
