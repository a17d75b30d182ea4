import type { PreparedCommit } from "./prepared-commit.ts";
import type { Head, StoredState } from "./stored-state.ts";

/** Some megabytes of them. */
const mostHeads = 10_000;
/** Batches of more rows are better written statement by statement, and would drive out what others go on from. */
const mostRows = 400;

/**
 * The heads that this process wrote last, which is what it most often goes on from. They are a guess, since others may have written meanwhile:
 * whoever builds on them has the database look whether they still are as they were.
 */
export class KnownHeads {
  readonly #heads = new Map<string, Head>();

  /** Gives what is known of all that commits name; `null` where that is not everything, or where there are too many of them. */
  recall(commits: readonly PreparedCommit[]): StoredState | null {
    if (areMany(commits)) return null;
    const heads = new Map<string, Head>();
    for (const id of namedBy(commits)) {
      const head = this.#heads.get(id);
      if (head === undefined) return null;
      heads.set(id, head);
    }
    return { commits: [], versions: [], lineages: [], parents: [], heads: [...heads.values()] };
  }

  /** Takes over the heads that commits left behind, unless there are too many, in place of those that they went on from. */
  remember(commits: readonly PreparedCommit[], heads: () => readonly Head[]): void {
    for (const { versions } of commits) for (const { parentId } of versions) if (parentId !== null) this.#heads.delete(parentId);
    if (areMany(commits)) return;
    for (const head of heads()) this.#heads.set(head.id, head);
    for (const id of this.#heads.keys()) {
      if (this.#heads.size <= mostHeads) break;
      this.#heads.delete(id);
    }
  }

  /** Forgets all that commits name. */
  forget(commits: readonly PreparedCommit[]): void {
    for (const id of namedBy(commits)) this.#heads.delete(id);
  }

  clear(): void {
    this.#heads.clear();
  }
}

function areMany(commits: readonly PreparedCommit[]): boolean {
  const rows = commits.flatMap(({ versions }) => [1, ...versions.map(({ edges }) => 1 + edges.length)]);
  return rows.reduce((sum, count) => sum + count, 0) > mostRows;
}

/** The stored versions that commits name. */
function namedBy(commits: readonly PreparedCommit[]): ReadonlySet<string> {
  const named = new Set<string>();
  for (const { versions } of commits) {
    for (const { edges, mergeParentId, parentId } of versions) {
      if (parentId !== null) named.add(parentId);
      if (mergeParentId !== null) named.add(mergeParentId);
      for (const { child } of edges) if (child !== null) named.add(child);
    }
  }
  for (const { versions } of commits) for (const { ecsId } of versions) named.delete(ecsId);
  return named;
}
