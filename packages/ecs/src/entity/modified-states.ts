import { EntityDependencyGraph } from "../graph/entity-dependency-graph.ts";
import type { EntityState } from "./entity-state.ts";

/** What may have changed below an entity, without what is known to be as it was: all children of a new one, flagged ones of others. */
function candidateChildren(state: EntityState): Iterable<EntityState> {
  if (state.planned !== null) return state.flaggedChildren?.keys() ?? none;
  return state.definition.referenceFields.length === 0 ? none : allChildren(state);
}

const none: readonly EntityState[] = [];

function* allChildren(state: EntityState): Iterable<EntityState> {
  for (const field of state.definition.referenceFields) for (const [, child] of state.childrenOf(field)) yield child;
}

/** Walks the candidates below some entities, each once, these included. */
function* candidates(roots: Iterable<EntityState>): Iterable<EntityState> {
  const seen = new Set<EntityState>(roots);
  for (const state of seen) {
    yield state;
    for (const child of candidateChildren(state)) if (child.isFlagged) seen.add(child);
  }
}

/** Tells whether an entity or anything below it differs from the last version. */
export function hasModifications(root: EntityState): boolean {
  if (!root.isFlagged) return false;
  const clean: EntityState[] = [];
  for (const state of candidates([root])) {
    if (state.isModifiedItself()) return true;
    clean.push(state);
  }
  for (const state of clean) state.unflag();
  return false;
}

/** Tells whether an entity or anything below it was edited or is new; entities that only moved on without those that hold them do not count. */
export function hasEdits(root: EntityState): boolean {
  for (const state of candidates([root])) if (state.planned === null || state.hasModifiedFields()) return true;
  return false;
}

/** The entities that need a new version: those that differ themselves, and all that reach them. Children come first. */
export function modifiedInOrder(roots: readonly EntityState[]): { modified: EntityState[]; unmodified: EntityState[] } {
  const graph = EntityDependencyGraph.build(
    roots.filter((root) => root.isFlagged),
    { dependencies: candidateChildren, follows: (child) => child.isFlagged },
  );
  const changed = Array.from(graph.nodes()).filter((state) => state.isModifiedItself());
  if (changed.length === graph.size) return { modified: graph.topologicalOrder(), unmodified: [] };
  const forked = graph.withDependents(changed);
  const modified: EntityState[] = [];
  const unmodified: EntityState[] = [];
  for (const state of graph.topologicalOrder()) (forked.has(state) ? modified : unmodified).push(state);
  return { modified, unmodified };
}
