import type { EntityRegistry } from "@minference/ecs";
import { ThreadError } from "../errors/thread-error.ts";
import type { CompletedOutcome, Outcome } from "../orchestrator/outcome.ts";
import type { ChatThread } from "../thread/chat-thread.ts";
import { BranchSelection } from "./branch-selection.ts";

/** Tells how good a branch is; higher is better. */
export type BranchScore = (thread: ChatThread, outcome: CompletedOutcome) => number | Promise<number>;

/** A branch that was run, and how good it is. */
export interface ScoredBranch {
  readonly thread: ChatThread;
  readonly outcome: Outcome;
  /** Null where it did not complete, or could not be scored. */
  readonly score: number | null;
  /** What the score threw; undefined when it threw nothing. */
  readonly scoreError: unknown;
}

/** Several branches, and the one that was kept. */
export interface BestBranch {
  /** Null when none completed and has a score, or the run was called off: then nothing was kept. */
  readonly best: ScoredBranch | null;
  /** All of them, in order. */
  readonly branches: readonly ScoredBranch[];
}

/** Scores branches that were run, each that completed. A score that throws, or is no number, leaves its branch without one. */
export async function scoreBranches(outcomes: readonly Outcome[], score: BranchScore): Promise<ScoredBranch[]> {
  return Promise.all(
    outcomes.map(async (outcome): Promise<ScoredBranch> => {
      const { thread } = outcome;
      if (outcome.status !== "completed") return { thread, outcome, score: null, scoreError: undefined };
      try {
        const value = await score(thread, outcome);
        if (typeof value !== "number" || Number.isNaN(value))
          throw new ThreadError("invalid_config", "the score of a branch has to be a number");
        return { thread, outcome, score: value, scoreError: undefined };
      } catch (scoreError) {
        return { thread, outcome, score: null, scoreError };
      }
    }),
  );
}

/** What stands with a branch that is kept. */
export type Selection = Pick<BranchSelection, "baseId" | "score" | "candidates">;

/**
 * Stores a version that says that a branch was kept, as the thread's last one: `registry.latest` gives it, and what is said next is said there. The
 * others stay as they are.
 */
export async function keepBranch(registry: EntityRegistry, thread: ChatThread, selection: Selection): Promise<void> {
  const candidates = selection.candidates.map(({ score, ...rest }) => ({ ...rest, score: score === null ? null : finite(score) }));
  thread.selection = new BranchSelection({ ...selection, candidates, score: finite(selection.score), keptId: thread.ecsId });
  await registry.register(thread, { onConflict: "branch", message: "keep branch" });
}

/** A store holds no infinite numbers; the largest finite ones keep the order. */
function finite(score: number): number {
  return Math.min(Math.max(score, -Number.MAX_VALUE), Number.MAX_VALUE);
}

/**
 * Scores branches that were run and keeps the best, of equals the first. Takes the outcomes of any run, also of one that was taken up by another
 * process: `keepBest(registry, await orchestrator.resume(runId), score)`.
 */
export async function keepBest(
  registry: EntityRegistry,
  outcomes: readonly Outcome[],
  score: BranchScore,
  options: { readonly baseId?: string | null | undefined } = {},
): Promise<BestBranch> {
  const branches = await scoreBranches(outcomes, score);
  if (outcomes.some(({ status }) => status === "cancelled")) return { best: null, branches };
  const best = highestScored(branches);
  if (best === null) return { best, branches };
  const candidates = branches.map(({ outcome, score, thread }) => ({ versionId: thread.ecsId, status: outcome.status, score }));
  await keepBranch(registry, best.thread, { baseId: options.baseId ?? null, score: best.score, candidates });
  return { best, branches };
}

/** Finds what has the highest score, of equals the first; null where none has one. */
function highestScored<B extends { readonly score: number | null }>(branches: Iterable<B>): (B & { readonly score: number }) | null {
  let best: (B & { readonly score: number }) | null = null;
  for (const branch of branches) {
    const { score } = branch;
    if (score !== null && (best === null || score > best.score)) best = { ...branch, score };
  }
  return best;
}
