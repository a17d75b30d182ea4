import { both, type Insert, lastly, lookUp, type Query, type Reply, type Work } from "../query/work.ts";
import { BatchPlan } from "./batch-plan.ts";
import type { PreparedCommit } from "./prepared-commit.ts";
import { addAll, isAccepted, type WrittenBatch } from "./write-batch.ts";
import type { Head, StoredState } from "./stored-state.ts";

/** The statements that commits on known heads are written with, all of one step: none waits for what another one gives. */
export interface KnownStatements {
  /**
   * Takes new ids, in whose places the rows beside it have numbers below zero, and looks whether heads are still heads and as they were: where
   * not, the rows are refused as stored already.
   */
  readonly lookAgain: Query<SecondLook, unknown>;
  readonly insertCommits: Insert;
  readonly insertChains: Insert;
  readonly insertVersions: Insert;
  readonly closeEdges: Query<readonly (readonly unknown[])[], unknown>;
  readonly insertEdges: Insert;
  /** Reads the new id for each number, from -1 on downwards, off what the step gave. */
  idsOf(replies: readonly Reply[]): (number: number) => number;
}

/** What a step on known heads begins with. */
export interface SecondLook {
  readonly newIds: number;
  readonly heads: readonly Head[];
}

/** Statements of more rows are better sent one by one. */
const mostRows = 400;

/**
 * Writes a batch of commits of which everything they name is known, in one step; `null` where it is too large for that, or where a commit
 * would not be accepted, for which there may be a better reason than what is known.
 */
export function writeOnKnown(statements: KnownStatements, batch: readonly PreparedCommit[], known: StoredState): Work<WrittenBatch> | null {
  const rows = batch.flatMap(({ versions }) => [1, ...versions.map(({ edges }) => 1 + edges.length)]);
  if (rows.reduce((sum, count) => sum + count, 0) > mostRows) return null;
  let count = 0;
  const next = (): number => {
    count += 1;
    return -count;
  };
  const plan = new BatchPlan(known, { version: next, chain: next, commit: next }, (text) => text);
  const results = addAll(plan, batch, false);
  return results.every(isAccepted) ? write(statements, plan, { newIds: count, heads: known.heads }, results) : null;
}

function* write(statements: KnownStatements, plan: BatchPlan, look: SecondLook, results: WrittenBatch["results"]): Work<WrittenBatch> {
  const { lookAgain, insertCommits, insertChains, insertVersions, insertEdges, closeEdges } = statements;
  const rows = both(both(insertCommits(plan.commits), insertChains(plan.chains)), insertVersions(plan.versions));
  const edges = both(lookUp(closeEdges, plan.closes), insertEdges(plan.edges));
  yield* lastly(both(lookAgain(look), both(rows, edges)));
  return { results, heads: (replies) => withIds(plan.heads, statements.idsOf(replies)) };
}

function withIds(heads: readonly Head[], idOf: (number: number) => number): readonly Head[] {
  return heads.map((head) => ({ ...head, vid: idOf(head.vid), payloadVid: idOf(head.payloadVid), chain: idOf(head.chain) }));
}
