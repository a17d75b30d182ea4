import type { CommitOutcome } from "@minference/ecs";
import type { SqlDialect } from "../query/dialect.ts";
import type { WriteAttempt } from "../query/sql-engine.ts";
import { both, lastly, lookUp, type Reply, type Work } from "../query/work.ts";
import { BatchPlan } from "./batch-plan.ts";
import type { CommitStatements } from "./commit-statements.ts";
import type { PreparedCommit } from "./prepared-commit.ts";
import { type Refusal, RefusedCommit } from "./refusal.ts";
import type { Head, StoredState } from "./stored-state.ts";

/** What became of one commit of a batch. */
export type CommitResult = CommitOutcome | Refusal;

/** A batch that is stored once its transaction has ended. */
export interface WrittenBatch {
  readonly results: readonly CommitResult[];
  /** The heads that it leaves behind, worked out from what the last statements of the transaction gave. */
  heads(replies: readonly Reply[]): readonly Head[];
}

/** What the databases differ in when a batch is planned. */
export type PlanDialect = Pick<SqlDialect, "readUuid" | "reserveIds">;

/**
 * Writes a batch of commits, to be run inside one transaction: reads what the batch names, plans, inserts. The number of statements
 * does not depend on the number of commits. That what is new is not stored already is left to the unique indexes at first, which look at
 * each row anyway. Where an insert fails over one, the transaction is done anew, looking first, so that each commit gets its own answer.
 *
 * @param attempt - says whether to look whether what is new is stored already
 */
export function* writeBatch(
  dialect: PlanDialect,
  statements: CommitStatements,
  batch: readonly PreparedCommit[],
  attempt: WriteAttempt,
): Work<WrittenBatch> {
  let { plan, results } = yield* planBatch(dialect, statements, batch, attempt);
  // A refusal may have a better reason than the one found without looking.
  if (!attempt.looksFirst && !results.every(isAccepted)) {
    ({ plan, results } = yield* planBatch(dialect, statements, batch, { ...attempt, looksFirst: true }));
  }
  yield* lastly(writeRows(statements, plan));
  return { results, heads: () => plan.heads };
}

/** The statements that the rows of a plan are written with. */
export type RowStatements = Pick<CommitStatements, "insertCommits" | "insertChains" | "insertVersions" | "closeEdges" | "insertEdges">;

/** Writes the rows of a plan, in one step. */
export function writeRows(statements: RowStatements, plan: BatchPlan): Work<unknown> {
  const { insertCommits, insertChains, insertVersions, insertEdges, closeEdges } = statements;
  const versionsAndBefore = both(both(insertCommits(plan.commits), insertChains(plan.chains)), insertVersions(plan.versions));
  return both(versionsAndBefore, both(lookUp(closeEdges, plan.closes), insertEdges(plan.edges)));
}

/** Tells whether a commit is stored, now or since before. */
export function isAccepted(result: CommitResult): boolean {
  return result.status !== "refused" && result.status !== "conflict";
}

function* planBatch(
  dialect: PlanDialect,
  statements: CommitStatements,
  batch: readonly PreparedCommit[],
  { looksFirst, mayBeStored }: WriteAttempt,
): Work<{ readonly plan: BatchPlan; readonly results: readonly CommitResult[] }> {
  const versions = batch.reduce((sum, commit) => sum + commit.versions.length, 0);
  const newIds = dialect.reserveIds({ commits: batch.length, chains: versions, versions });
  const [stored, ids] = yield* both(readState(statements, batch, looksFirst), newIds);
  const plan = new BatchPlan(stored, ids, (text) => dialect.readUuid(text));
  return { plan, results: addAll(plan, batch, mayBeStored) };
}

/** Adds commits to a plan, and tells what becomes of each. */
export function addAll(plan: BatchPlan, batch: readonly PreparedCommit[], mayBeStored: boolean): readonly CommitResult[] {
  return batch.map((commit): CommitResult => {
    try {
      return plan.add(commit, mayBeStored);
    } catch (error) {
      if (error instanceof RefusedCommit) return error.refusal;
      throw error;
    }
  });
}

/** Tells whether all commits of a batch are stored that were accepted. */
export function* isBatchStored(
  { readUuid }: Pick<PlanDialect, "readUuid">,
  statements: CommitStatements,
  batch: readonly PreparedCommit[],
  results: readonly CommitResult[],
): Work<boolean> {
  const accepted = batch.filter((_, index) => results[index]?.status === "committed").map(({ id }) => id);
  const stored = new Set((yield* lookUp(statements.commits, accepted)).map(({ uuid }) => readUuid(uuid)));
  return accepted.every((id) => stored.has(id));
}

function* readState(statements: CommitStatements, batch: readonly PreparedCommit[], looksFirst: boolean): Work<StoredState> {
  const commitIds = looksFirst ? batch.map(({ id }) => id) : [];
  const own = new Set(looksFirst ? [] : batch.flatMap(({ versions }) => versions.map(({ ecsId }) => ecsId)));
  const keys = new Set<string>();
  const ids = new Set<string>();
  const lineages = new Set<string>();
  const parents = new Set<string>();
  for (const { idempotencyKey, versions } of batch) {
    if (idempotencyKey !== null) keys.add(idempotencyKey);
    for (const { ecsId, lineageId, parentId, mergeParentId, edges } of versions) {
      if (looksFirst) ids.add(ecsId);
      if (parentId === null && looksFirst) lineages.add(lineageId);
      if (parentId !== null && !own.has(parentId)) parents.add(parentId);
      for (const { child } of edges) if (child !== null && !own.has(child)) ids.add(child);
      if (mergeParentId !== null && !own.has(mergeParentId)) ids.add(mergeParentId);
    }
  }
  const [[commits, versions], [known, found]] = yield* both(
    both(both(lookUp(statements.commits, commitIds), lookUp(statements.keyedCommits, keys)), lookUp(statements.versions, ids)),
    both(lookUp(statements.lineages, lineages), lookUp(statements.parents, parents)),
  );
  return { commits: commits.flat(), versions, lineages: known, parents: found, heads: [] };
}
