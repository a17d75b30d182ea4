import { type CommitOutcome, StorageError } from "@minference/ecs";
import type { SqlDialect } from "../query/dialect.ts";
import type { Work } from "../query/work.ts";
import { BatchPlan, type StoredState } from "./batch-plan.ts";
import type { CommitStatements } from "./commit-statements.ts";
import type { PreparedCommit } from "./prepared-commit.ts";

/** What became of one commit of a batch. */
export type CommitResult = CommitOutcome | StorageError;

/**
 * Writes a batch of commits, to be run inside one transaction: reads what the batch names, plans, inserts. The number of statements
 * does not depend on the number of commits. Where another writer stored something that the plan did not know of, an insert fails over a
 * unique index: the transaction is to be done anew then.
 */
export function* writeBatch(
  dialect: SqlDialect,
  statements: CommitStatements,
  batch: readonly PreparedCommit[],
): Work<readonly CommitResult[]> {
  const stored = yield* readState(statements, batch);
  const versions = batch.reduce((sum, commit) => sum + commit.versions.length, 0);
  const ids = yield* dialect.reserveIds({ commits: batch.length, chains: versions, versions });
  const plan = new BatchPlan(stored, ids, (text) => dialect.readUuid(text));
  const results = batch.map((commit): CommitResult => {
    try {
      return plan.add(commit);
    } catch (error) {
      if (StorageError.is(error)) return error;
      throw error;
    }
  });
  yield* statements.insertCommits(plan.commits);
  yield* statements.insertChains(plan.chains);
  yield* statements.insertVersions(plan.versions);
  if (plan.closes.length > 0) yield* statements.closeEdges(plan.closes);
  yield* statements.insertEdges(plan.edges);
  return results;
}

/** Tells whether a batch was stored; where all its commits were refused there is nothing to tell. */
export function* isBatchStored(statements: CommitStatements, batch: readonly PreparedCommit[]): Work<boolean> {
  const stored = yield* statements.commits({ ids: batch.map(({ id }) => id), keys: [] });
  return stored.length > 0;
}

function* readState(statements: CommitStatements, batch: readonly PreparedCommit[]): Work<StoredState> {
  const keys = new Set<string>();
  const ids = new Set<string>();
  const lineages = new Set<string>();
  const parents = new Set<string>();
  for (const { idempotencyKey, versions } of batch) {
    if (idempotencyKey !== null) keys.add(idempotencyKey);
    for (const { ecsId, lineageId, parentId, mergeParentId, edges } of versions) {
      ids.add(ecsId);
      if (parentId === null) lineages.add(lineageId);
      else parents.add(parentId);
      if (mergeParentId !== null) ids.add(mergeParentId);
      for (const { child } of edges) if (child !== null) ids.add(child);
    }
  }
  const commits = yield* statements.commits({ ids: batch.map(({ id }) => id), keys: [...keys] });
  const versions = ids.size === 0 ? [] : yield* statements.versions([...ids]);
  const known = lineages.size === 0 ? [] : yield* statements.lineages([...lineages]);
  const found = parents.size === 0 ? [] : yield* statements.parents([...parents]);
  return { commits, versions, lineages: known, parents: found };
}
