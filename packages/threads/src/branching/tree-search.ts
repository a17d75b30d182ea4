import { oneOf, wholeNumber } from "../errors/check-options.ts";
import type { InferenceOrchestrator } from "../orchestrator/inference-orchestrator.ts";
import type { Outcome } from "../orchestrator/outcome.ts";
import type { RunOptions } from "../orchestrator/run-options.ts";
import { ChatThread } from "../thread/chat-thread.ts";
import type { BranchRunner } from "./best-of.ts";
import { branchCopies } from "./branch-thread.ts";
import { type BranchScore, keepBranch, scoreBranches } from "./keep-best.ts";
import type { ThreadEdit } from "./thread-edit.ts";

/** One version of the thread that a search came to. */
export interface SearchNode {
  /** The `ecsId` of the thread's version. */
  readonly versionId: string;
  /** Null for what came from the root. */
  readonly parent: SearchNode | null;
  /** How many steps it is from the root, from 1. */
  readonly depth: number;
  readonly status: Outcome["status"];
  /** Null where it did not complete, or could not be scored. */
  readonly score: number | null;
}

/** Why a search came to its end: nothing was left to try, a goal was reached, the budget or the number of nodes is used up, or it was called off. */
export type SearchEnd = "exhausted" | "goal" | "budget" | "nodes" | "cancelled";

/** How a tree of branches is searched. */
export interface TreeSearchOptions {
  readonly orchestrator: InferenceOrchestrator;
  /** The thread to begin with, or any stored version of one. */
  readonly root: ChatThread | string;
  /** Gives the edits that lead on from a thread, one a branch: a message to say next, another prompt. None where it leads nowhere. */
  readonly expand: (thread: ChatThread, depth: number) => readonly ThreadEdit[] | Promise<readonly ThreadEdit[]>;
  readonly score: BranchScore;
  /** How many branches are expanded at once: the best ones. */
  readonly width: number;
  /** How many steps a branch may have. */
  readonly depth: number;
  /** `beam` (the default) goes on with the best of each step alone, `best_first` with the best that were not expanded yet, wherever they are. */
  readonly strategy?: "beam" | "best_first" | undefined;
  /** The most branches to run. Default 1 000. */
  readonly maxNodes?: number | undefined;
  /** Ends the search after the step in which it holds for a branch that has a score. */
  readonly goal?: ((node: SearchNode) => boolean) | undefined;
  /** How each step is run: its budget, signal, events. */
  readonly run?: Omit<RunOptions, "onConflict"> | undefined;
  /** In place of one turn a branch. */
  readonly runner?: BranchRunner | undefined;
}

/** What a search came to. */
export interface TreeSearchResult {
  /** The branch with the highest score, kept as the thread's last version; null when none has a score or the search was called off. */
  readonly best: { readonly node: SearchNode; readonly thread: ChatThread } | null;
  /** All branches that were run, in the order in which they were begun. */
  readonly nodes: readonly SearchNode[];
  readonly ended: SearchEnd;
}

interface Grown {
  readonly node: SearchNode;
  readonly thread: ChatThread;
  readonly outcome: Outcome;
}

/**
 * Searches a tree of branches of a thread: expands the best, runs what comes of them in parallel, scores it, and goes on, until nothing is
 * left within `depth` steps, or a goal, the budget or `maxNodes` is reached. Every branch stays in the history, as versions of the same
 * thread; the best is kept as its last version. Holds only the best branch and those of one step in memory. Rejects as
 * `runParallel` does, and with what `expand` throws.
 */
export async function treeSearch(options: TreeSearchOptions): Promise<TreeSearchResult> {
  const { depth, goal = () => false, maxNodes = 1000, orchestrator, root, strategy = "beam", width } = options;
  for (const [name, value] of Object.entries({ depth, maxNodes, width })) wholeNumber(name, value);
  oneOf("strategy", strategy, ["beam", "best_first"]);
  const { registry } = orchestrator;
  if (typeof root !== "string") await registry.register(root, { message: "root of a search" });
  const rootId = typeof root === "string" ? root : root.ecsId;

  const nodes: SearchNode[] = [];
  let best: Grown | null = null;
  let frontier: readonly (SearchNode | null)[] = [null];
  let ended: SearchEnd | null = null;
  while (ended === null && frontier.length > 0) {
    const grown = await grow(options, rootId, frontier.slice(0, width), maxNodes - nodes.length);
    const live = grown.filter(({ node }) => node.score !== null);
    for (const { node } of grown) nodes.push(node);
    for (const one of live) if (best === null || scoreOf(one.node) > scoreOf(best.node)) best = one;
    const open = live.map(({ node }) => node).filter((node) => node.depth < depth);
    const left = strategy === "beam" ? [] : frontier.slice(width);
    frontier = [...left.filter((node) => node !== null), ...open].toSorted((a, b) => scoreOf(b) - scoreOf(a));
    ended = endAfter(
      grown,
      live.some(({ node }) => goal(node)),
      nodes.length >= maxNodes,
    );
  }
  if (best === null || ended === "cancelled") return { best: null, nodes, ended: ended ?? "exhausted" };
  const { node, thread } = best;
  const candidates = nodes.map(({ score, status, versionId }) => ({ versionId, status, score }));
  await keepBranch(registry, thread, { baseId: rootId, score: scoreOf(node), candidates });
  return { best: { node, thread }, nodes, ended: ended ?? "exhausted" };
}

function scoreOf({ score }: SearchNode): number {
  return score ?? Number.NEGATIVE_INFINITY;
}

/** Expands some nodes, or the root for null, runs the branches and scores them; at most so many as there is room for. */
async function grow(
  options: TreeSearchOptions,
  rootId: string,
  parents: readonly (SearchNode | null)[],
  room: number,
): Promise<readonly Grown[]> {
  const { expand, orchestrator, run, runner, score } = options;
  const begun: { readonly parent: SearchNode | null; readonly thread: ChatThread }[] = [];
  for (const parent of parents) {
    const versionId = parent?.versionId ?? rootId;
    const thread = await orchestrator.registry.get(ChatThread, versionId);
    const edits = await expand(thread, parent?.depth ?? 0);
    const copies = await branchCopies(orchestrator.registry, versionId, edits.slice(0, room - begun.length));
    for (const copy of copies) begun.push({ parent, thread: copy });
  }
  const threads = begun.map(({ thread }) => thread);
  const settings = { ...run, onConflict: "branch" as const };
  const outcomes = await (runner === undefined ? orchestrator.runParallel(threads, settings) : runner(threads, settings));
  const branches = await scoreBranches(outcomes, score);
  return branches.map(({ outcome, score: value, thread }, index): Grown => {
    const parent = begun[index]?.parent ?? null;
    const { status } = outcome;
    return { node: { versionId: thread.ecsId, parent, depth: (parent?.depth ?? 0) + 1, status, score: value }, thread, outcome };
  });
}

function endAfter(grown: readonly Grown[], reached: boolean, full: boolean): SearchEnd | null {
  if (grown.some(({ outcome }) => outcome.status === "cancelled")) return "cancelled";
  if (reached) return "goal";
  if (grown.some(({ outcome }) => outcome.status === "failed" && outcome.error.code === "budget_exceeded")) return "budget";
  return full ? "nodes" : null;
}
