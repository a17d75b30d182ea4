import { setTimeout } from "node:timers/promises";
import type { PrunePolicy, PruneReport } from "@minference/ecs";
import type { SqlEngine } from "../query/sql-engine.ts";
import { inTurns } from "../query/in-turns.ts";
import { planPrune } from "./plan-prune.ts";
import { type BatchOutcome, pruneBatch } from "./prune-batch.ts";
import type { PruneStatements, StoreStateRow } from "./prune-statements.ts";

/** Most and fewest versions that go in one transaction, in which nobody else writes. */
const [mostVersions, fewestVersions] = [100, 10];
/** Milliseconds that a transaction should not take, since writers wait for it; and below which the next may do more. */
const [tooLong, short] = [30, 10];
/** How much of the time the store is left to others, as a share of what a batch took. */
const rest = 1;

/** Prunes a store: plans on what is there, then takes it away batch by batch. */
export async function pruneStore(engine: SqlEngine, statements: PruneStatements, policy: PrunePolicy): Promise<PruneReport> {
  const lookAtState = () => statements.state(undefined);
  // Whoever writes under the store's lock has its ids already, and may be done after others that took theirs later.
  const [state = { last: null, first_commit: null }] = await (policy.dryRun === true
    ? engine.read(lookAtState)
    : engine.maintain(lookAtState));
  const { doomed, versions } = await planPrune(
    statements,
    policy,
    state,
    inTurns((work) => engine.read(work)),
  );
  if (policy.dryRun === true) return { pruned: doomed.length, kept: versions - doomed.length };
  let pruned = 0;
  let size = mostVersions;
  let isCircle = false;
  for (let waiting = doomed; waiting.length > 0; ) {
    const postponed: number[] = [];
    const before = pruned;
    for (let at = 0; at < waiting.length; ) {
      const vids = isCircle ? waiting : waiting.slice(at, at + size);
      at += vids.length;
      const { outcome, longest } = await carryOut(engine, statements, vids, state);
      if (outcome.cleared) return { pruned, kept: 0 };
      if (longest > tooLong) size = Math.max(fewestVersions, size >> 1);
      else if (longest < short) size = Math.min(mostVersions, size * 2);
      pruned += outcome.pruned;
      postponed.push(...outcome.postponed);
    }
    // Versions that hold each other in a circle go together or not at all.
    if (pruned === before) {
      if (isCircle) break;
      isCircle = true;
    }
    waiting = postponed;
  }
  return { pruned, kept: versions - pruned };
}

/** Takes a batch away; tells how many milliseconds its longest transaction held others up, what it waited for them left out. */
async function carryOut(
  engine: SqlEngine,
  statements: PruneStatements,
  vids: readonly number[],
  state: StoreStateRow,
): Promise<{ readonly outcome: BatchOutcome; readonly longest: number }> {
  let longest = 0;
  const heirs = new Map<number, number>();
  for (;;) {
    let start = 0;
    const attempt = new Map(heirs);
    const outcome = await engine.maintain(() => {
      start = performance.now();
      attempt.clear();
      for (const [holder, heir] of heirs) attempt.set(holder, heir);
      return pruneBatch(statements, vids, state, attempt);
    });
    for (const [holder, heir] of attempt) heirs.set(holder, heir);
    const took = performance.now() - start;
    longest = Math.max(longest, took);
    await setTimeout(rest * took);
    if (!outcome.again) return { outcome, longest };
  }
}
