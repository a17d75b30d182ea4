import { both, lastly, type Query, type Reply, type Work } from "../query/work.ts";
import { BatchPlan } from "./batch-plan.ts";
import type { PreparedCommit } from "./prepared-commit.ts";
import type { Head, StoredState } from "./stored-state.ts";
import { addAll, isAccepted, type RowStatements, writeRows, type WrittenBatch } from "./write-batch.ts";

/** The statements that commits on known heads are written with besides those that end ranges, all of one step: none waits for what another gives. */
export interface KnownStatements extends Omit<RowStatements, "closeEdges"> {
  /**
   * Takes new ids, in whose places the rows beside it have numbers below zero, and looks whether heads are still heads and as they were: where
   * not, the rows are refused as stored already.
   */
  readonly lookAgain: Query<SecondLook, unknown>;
  /** Reads the new id for each number, from -1 on downwards, off what the step gave. */
  idsOf(replies: readonly Reply[]): (number: number) => number;
}

/** What a step on known heads begins with. */
export interface SecondLook {
  readonly newIds: number;
  readonly heads: readonly Head[];
}

/**
 * Writes a batch of commits of which everything they name is known, in one step; `null` where a commit would not be accepted, for which there
 * may be a better reason than what is known.
 *
 * @param closeEdges - ends ranges of chains that are stored, which need no new ids
 */
export function writeOnKnown(
  statements: KnownStatements,
  closeEdges: RowStatements["closeEdges"],
  batch: readonly PreparedCommit[],
  known: StoredState,
): Work<WrittenBatch> | null {
  let count = 0;
  const next = (): number => {
    count += 1;
    return -count;
  };
  const plan = new BatchPlan(known, { version: next, chain: next, commit: next }, (text) => text);
  const results = addAll(plan, batch, false);
  if (!results.every(isAccepted)) return null;
  const step = both(statements.lookAgain({ newIds: count, heads: known.heads }), writeRows({ ...statements, closeEdges }, plan));
  return writeStep(step, { results, heads: (replies) => withIds(plan.heads, statements.idsOf(replies)) });
}

function* writeStep(step: Work<unknown>, written: WrittenBatch): Work<WrittenBatch> {
  yield* lastly(step);
  return written;
}

function withIds(heads: readonly Head[], idOf: (number: number) => number): readonly Head[] {
  return heads.map((head) => ({ ...head, vid: idOf(head.vid), payloadVid: idOf(head.payloadVid), chain: idOf(head.chain) }));
}
