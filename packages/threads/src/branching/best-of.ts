import { wholeNumber } from "../errors/check-options.ts";
import type { InferenceOrchestrator } from "../orchestrator/inference-orchestrator.ts";
import type { Outcome } from "../orchestrator/outcome.ts";
import type { RunOptions } from "../orchestrator/run-options.ts";
import type { ChatThread } from "../thread/chat-thread.ts";
import { branchCopies } from "./branch-thread.ts";
import { type BestBranch, type BranchScore, keepBest } from "./keep-best.ts";

/** Runs branches; by default each through one turn. */
export type BranchRunner = (threads: readonly ChatThread[], options: RunOptions) => Promise<readonly Outcome[]>;

/** How the best of several branches is found. */
export interface BestOfOptions extends Omit<RunOptions, "onConflict"> {
  /** Edits each branch before it is run, by its number from 0: another temperature, another wording. The one that is kept keeps its edits. */
  readonly vary?: ((thread: ChatThread, index: number) => void | Promise<void>) | undefined;
  /** In place of one turn: `(threads, options) => orchestrator.runUntil(threads, toolRan("submit"), options)`. */
  readonly runner?: BranchRunner | undefined;
}

/**
 * Runs `n` branches of a thread in parallel and keeps the one with the highest score as the next version of its line; the others stay in the
 * history. Edits of the thread that are not stored yet are stored first. Go on with `best.thread`: the thread handed in stays at the
 * version that the branches came from. Where answers vary with chance alone, set a temperature above 0. Rejects as `runParallel` does, before anything is sent.
 */
export async function bestOf(
  orchestrator: InferenceOrchestrator,
  thread: ChatThread,
  n: number,
  score: BranchScore,
  options: BestOfOptions = {},
): Promise<BestBranch> {
  wholeNumber("n", n);
  const { registry } = orchestrator;
  const { runner = (threads, settings) => orchestrator.runParallel(threads, settings), vary = () => {}, ...rest } = options;
  await registry.register(thread, { message: "base of branches" });
  const baseId = thread.ecsId;
  const edits = Array.from({ length: n }, (_, index) => (copy: ChatThread) => vary(copy, index));
  const branches = await branchCopies(registry, baseId, edits);
  const outcomes = await runner(branches, { ...rest, onConflict: "branch" });
  return keepBest(registry, outcomes, score, { baseId });
}
