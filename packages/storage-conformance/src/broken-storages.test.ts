import {
  type Commit,
  type CommitOutcome,
  type ListQuery,
  type NewVersion,
  type Page,
  type Payload,
  type PrunePolicy,
  type PruneReport,
  type ReferrerQuery,
  StorageError,
  type StoredChange,
  type StoredEdge,
  type StoredVersion,
  type VersionHeader,
} from "@minference/ecs";
import { describe, expect, test } from "vitest";
import type { OpenedStorage } from "./law.ts";
import { laws } from "./laws.ts";
import type { NaiveChain, NaiveVersion } from "./naive-reader.ts";
import { type NaiveDraft, NaiveStorage } from "./naive-storage.ts";
import { checkLaw, storageConformance } from "./storage-conformance.ts";

class DropsAnEdge extends NaiveStorage {
  protected override applyEdges(inherited: ReadonlyMap<string, StoredEdge>, version: NewVersion): Map<string, StoredEdge> {
    const edges = super.applyEdges(inherited, version);
    const last = [...edges.keys()].at(-1);
    if (last !== undefined && edges.size > 3) edges.delete(last);
    return edges;
  }
}

class LeaksEdgesToOlderVersions extends NaiveStorage {
  readonly #held = new Map<string, Map<string, StoredEdge>>();

  protected override applyEdges(inherited: ReadonlyMap<string, StoredEdge>, version: NewVersion): Map<string, StoredEdge> {
    const shared = this.#held.get(version.lineageId) ?? new Map<string, StoredEdge>();
    this.#held.set(version.lineageId, shared);
    for (const [key, edge] of super.applyEdges(inherited, version)) shared.set(key, edge);
    return shared;
  }
}

class ForgetsTombstonesOnBranches extends NaiveStorage {
  protected override applyEdges(inherited: ReadonlyMap<string, StoredEdge>, version: NewVersion): Map<string, StoredEdge> {
    const edges = super.applyEdges(inherited, version);
    if (version.onStaleParent === "branch") for (const [key, edge] of inherited) if (!edges.has(key)) edges.set(key, edge);
    return edges;
  }
}

class LosesOrder extends NaiveStorage {
  protected override read(version: NaiveVersion): StoredVersion {
    const stored = super.read(version);
    return { ...stored, edges: stored.edges.toReversed() };
  }
}

class OrdersByLocale extends NaiveStorage {
  protected override read(version: NaiveVersion): StoredVersion {
    const stored = super.read(version);
    return { ...stored, edges: stored.edges.toSorted((a, b) => a.field.localeCompare(b.field) || a.slot.localeCompare(b.slot)) };
  }
}

class IgnoresTheCompareAndSet extends NaiveStorage {
  protected override headOf(): undefined {
    return undefined;
  }
}

class NamesTheWrongHead extends NaiveStorage {
  override async commit(commit: Commit): Promise<CommitOutcome> {
    const outcome = await super.commit(commit);
    if (outcome.status !== "conflict") return outcome;
    return {
      status: "conflict",
      conflicts: outcome.conflicts.map(({ ecsId, lineageId, parentId }) => ({ ecsId, lineageId, parentId, headId: parentId })),
    };
  }
}

class ForgetsIdempotencyKeys extends NaiveStorage {
  protected override findByKey(): undefined {
    return undefined;
  }
}

class UsesUpKeysOfRefusedCommits extends NaiveStorage {
  readonly #tried = new Map<string, Commit>();

  protected override findByKey(key: string | null): Commit | undefined {
    return super.findByKey(key) ?? (key === null ? undefined : this.#tried.get(key));
  }

  override async commit(commit: Commit): Promise<CommitOutcome> {
    try {
      return await super.commit(commit);
    } finally {
      if (commit.idempotencyKey !== null) this.#tried.set(commit.idempotencyKey, commit);
    }
  }
}

class CommitsHalf extends NaiveStorage {
  protected override place(commit: Commit, version: NewVersion, draft: NaiveDraft): { chain: NaiveChain; version: NaiveVersion } {
    const placed = super.place(commit, version, draft);
    if (draft.versions.size === 1) this.versions.set(version.ecsId, placed.version);
    return placed;
  }
}

class AcceptsDuplicateIds extends NaiveStorage {
  override async commit(commit: Commit): Promise<CommitOutcome> {
    try {
      return await super.commit(commit);
    } catch (error) {
      if (StorageError.is(error) && error.code === "duplicate_id") return { status: "committed" };
      throw error;
    }
  }
}

class AcceptsSecondRoots extends NaiveStorage {
  protected override checkLineage(): void {
    // Anything goes.
  }
}

class HandsOutWhatItKeeps extends NaiveStorage {
  protected override read(version: NaiveVersion): StoredVersion {
    return { ...super.read(version), payload: version.payload };
  }
}

class RepairsSurrogates extends NaiveStorage {
  protected override read(version: NaiveVersion): StoredVersion {
    const stored = super.read(version);
    const text = JSON.stringify(stored.payload).replaceAll(/\\ud[89a-f][\da-f]{2}/g, "\ufffd");
    return { ...stored, payload: JSON.parse(text) };
  }
}

class SortsKeys extends NaiveStorage {
  protected override read(version: NaiveVersion): StoredVersion {
    const stored = super.read(version);
    return { ...stored, payload: Object.fromEntries(Object.entries(stored.payload).toSorted(([a], [b]) => (a < b ? -1 : 1))) };
  }
}

class KeepsSecondsOnly extends NaiveStorage {
  protected override readHeader(header: VersionHeader): VersionHeader {
    return { ...header, createdAt: new Date(Math.floor(header.createdAt.getTime() / 1_000) * 1_000) };
  }
}

class ForgetsTheMergeParent extends NaiveStorage {
  protected override readHeader(header: VersionHeader): VersionHeader {
    return { ...super.readHeader(header), mergeParentId: null };
  }
}

class ListsAChainTwice extends NaiveStorage {
  override async list(query: ListQuery): Promise<Page<VersionHeader>> {
    const page = await super.list(query);
    return query.after === undefined ? page : { ...page, items: [...page.items.slice(0, 1), ...page.items] };
  }
}

class LoadsDiamondsTwice extends NaiveStorage {
  override async loadTrees(ecsIds: readonly string[]): Promise<readonly StoredVersion[]> {
    const trees = await super.loadTrees(ecsIds);
    return trees.length === 4 ? [...trees, ...trees.slice(-1)] : trees;
  }
}

class AnswersAfterClosing extends NaiveStorage {
  override async close(): Promise<void> {
    // Stays open.
  }
}

class CountsCommitsTwice extends NaiveStorage {
  override async statistics() {
    const counts = await super.statistics();
    return { ...counts, commits: counts.commits * 2 };
  }
}

class ForgetsInheritedReferrers extends NaiveStorage {
  override async referrers(query: ReferrerQuery): Promise<Page<VersionHeader>> {
    const page = await super.referrers(query);
    const branches = new Set(
      this.chains.filter(({ isBranch }) => isBranch).flatMap(({ versions }) => versions.map(({ header }) => header.ecsId)),
    );
    return { ...page, items: page.items.filter(({ ecsId }) => !branches.has(ecsId)) };
  }
}

class TellsTheFuture extends NaiveStorage {
  override asOf(lineageId: string, time: Date): Promise<readonly VersionHeader[]> {
    return super.asOf(lineageId, new Date(time.getTime() + 5));
  }
}

class ListsChildrenTwice extends NaiveStorage {
  override async children(ecsId: string): Promise<readonly VersionHeader[]> {
    const [version] = await this.loadVersions([ecsId]);
    const children = await Promise.all(version?.edges.map(({ child }) => this.loadHeaders([child])) ?? []);
    return children.flat();
  }
}

class PrunesBranchPoints extends NaiveStorage {
  protected override keptBy(policy: PrunePolicy): Set<string> {
    const kept = super.keptBy(policy);
    for (const { versions, isBranch } of this.chains) if (isBranch) kept.delete(versions[0]?.header.parentId ?? "");
    return kept;
  }
}

class PrunesWhatIsHeld extends NaiveStorage {
  protected override keptBy({ keepLast }: PrunePolicy): Set<string> {
    return new Set([
      ...this.names.values(),
      ...this.chains.flatMap(({ versions }) => versions.slice(-(keepLast ?? 1)).map(({ header }) => header.ecsId)),
    ]);
  }
}

class ForgetsTags extends NaiveStorage {
  protected override keptBy(policy: PrunePolicy): Set<string> {
    this.names.clear();
    return super.keptBy(policy);
  }
}

class PrunesDryRuns extends NaiveStorage {
  override prune(policy: PrunePolicy): Promise<PruneReport> {
    return super.prune({ ...policy, dryRun: false });
  }
}

class LosesSharedPayloads extends NaiveStorage {
  override async prune(policy: PrunePolicy): Promise<PruneReport> {
    const report = await super.prune(policy);
    for (const version of this.versions.values()) if (!this.versions.has(version.payloadOf)) version.payload = {};
    return report;
  }
}

class RedactsTheHeadOnly extends NaiveStorage {
  override async redact(lineageId: string): Promise<number> {
    const count = (await this.lineage(lineageId)).length;
    for (const { versions } of this.chains.filter((chain) => chain.versions[0]?.header.lineageId === lineageId)) {
      const head = versions.at(-1);
      if (head !== undefined) Object.assign(head, { payload: {}, edges: new Map(), header: { ...head.header, redacted: true } });
    }
    return count;
  }
}

class TakesWritesToRedactedLineages extends NaiveStorage {
  protected override checkLineage(version: NewVersion, parent: NaiveVersion | undefined, draft: NaiveDraft): void {
    if (parent?.header.redacted !== true) super.checkLineage(version, parent, draft);
  }
}

class TellsChangesAgainstNothing extends NaiveStorage {
  protected override readChange(version: NaiveVersion): StoredChange {
    return { ...this.readHeader(version.header), payload: version.payload, edges: [...version.edges.values()] };
  }
}

class IgnoresConditions extends NaiveStorage {
  override list(query: ListQuery): Promise<Page<VersionHeader>> {
    return super.list({ ...query, where: [] });
  }
}

class ComparesNumbersAsText extends NaiveStorage {
  protected override payloadOf(header: VersionHeader): Payload {
    const payload = super.payloadOf(header);
    return Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, typeof value === "number" ? String(value) : value]));
  }
}

class OrdersOneWayOnly extends NaiveStorage {
  override list(query: ListQuery): Promise<Page<VersionHeader>> {
    return super.list(query.orderBy === undefined ? query : { ...query, orderBy: { ...query.orderBy, direction: "ascending" } });
  }
}

class FindsNothingWrong extends NaiveStorage {
  override async commit(commit: Commit): Promise<CommitOutcome> {
    const outcome = await super.commit(commit);
    for (const { versions } of this.chains) if (versions.length > 5) this.versions.delete(versions[2]?.header.ecsId ?? "");
    return outcome;
  }
}

class KeepsKeysWhenCleared extends NaiveStorage {
  override async clear(): Promise<void> {
    const commits = [...this.commits.entries()];
    await super.clear();
    for (const [id, commit] of commits) if (commit.idempotencyKey !== null) this.commits.set(id, commit);
  }
}

/** Each with a law that it breaks. The storage that they derive from breaks none: see naive-storage.test.ts. */
const broken: readonly (readonly [Broken: new () => NaiveStorage, law: string])[] = [
  [KeepsKeysWhenCleared, "a cleared store is as a new one: ids, keys and names are free again, and commits go on"],
  [IgnoresConditions, "versions are found by equal values of every kind, and by values that differ"],
  [ComparesNumbersAsText, "versions are found by equal values of every kind, and by values that differ"],
  [OrdersOneWayOnly, "a listing follows the order of a field both ways, in pages of any size"],
  [FindsNothingWrong, "appending, inserting, replacing and removing leave older versions as they were"],
  [PrunesBranchPoints, "pruning keeps the last versions of each chain and what others branch from; what is left reads as before"],
  [PrunesWhatIsHeld, "pruning keeps the last versions of each chain and what others branch from; what is left reads as before"],
  [ForgetsTags, "pruning keeps what is newer, tagged, held or merged from, and leaves other types alone"],
  [PrunesDryRuns, "pruning keeps the last versions of each chain and what others branch from; what is left reads as before"],
  [LosesSharedPayloads, "pruning keeps the last versions of each chain and what others branch from; what is left reads as before"],
  [RedactsTheHeadOnly, "a redacted lineage keeps its versions without contents, for good, and what it held stays"],
  [TakesWritesToRedactedLineages, "a redacted lineage keeps its versions without contents, for good, and what it held stays"],
  [TellsChangesAgainstNothing, "versions read as changes are what was committed"],
  [
    ForgetsInheritedReferrers,
    "referrers are the versions that hold a version, each once, along chains and over branches, in pages of any size",
  ],
  [TellsTheFuture, "as of a time, a lineage shows what was the last version of each chain by then"],
  [ListsChildrenTwice, "children are what a version holds directly, each once, in the order of its slots"],
  [DropsAnEdge, "long and short payloads come back together, each with its version"],
  [LeaksEdgesToOlderVersions, "appending, inserting, replacing and removing leave older versions as they were"],
  [ForgetsTombstonesOnBranches, "a branch from an interior version sees that version's slots, and neither side sees the other's changes"],
  [LosesOrder, "edges are ordered by field and slot, by code unit"],
  [OrdersByLocale, "edges are ordered by field and slot, by code unit"],
  [IgnoresTheCompareAndSet, "branches of branches, ten deep, each keep their own"],
  [NamesTheWrongHead, "reject refuses the whole commit, stores nothing of it and names the head"],
  [ForgetsIdempotencyKeys, "a commit under a stored key is a duplicate, whatever else it holds"],
  [UsesUpKeysOfRefusedCommits, "reject refuses the whole commit, stores nothing of it and names the head"],
  [CommitsHalf, "reject refuses the whole commit, stores nothing of it and names the head"],
  [AcceptsDuplicateIds, "a commit is refused whole (duplicate_id): an id that is stored"],
  [AcceptsSecondRoots, "a commit is refused whole (invalid): a second first version of a lineage"],
  [HandsOutWhatItKeeps, "what a caller does to a commit after issuing it, or to what was loaded, changes nothing"],
  [RepairsSurrogates, "a payload reads back exactly: halves of surrogate pairs"],
  [SortsKeys, "a payload reads back exactly: every kind of value"],
  [KeepsSecondsOnly, "a header reads back exactly, from every way of loading"],
  [ForgetsTheMergeParent, "both parents of a merge are kept"],
  [ListsAChainTwice, "a listing has every version of the types asked for once, oldest chain first, in pages of any size"],
  [LoadsDiamondsTwice, "a tree holds each reachable version once: shared, nested, cyclic, and its own child's ancestor"],
  [AnswersAfterClosing, "closing waits for commits under way; calls after it fail with closed; closing again does nothing"],
  [CountsCommitsTwice, "a commit without versions is stored and holds its key"],
];

describe("a storage that is broken on purpose breaks a law", () => {
  test.each(broken.map(([Broken, law]) => ({ name: Broken.name, make: () => new Broken(), law })))("$name: $law", async ({ make, law }) => {
    const broke = laws.find(({ name }) => name === law);
    if (broke === undefined) throw new Error("There is no such law");
    const open = async (): Promise<OpenedStorage> => {
      const storage = make();
      return { storage, close: () => storage.close() };
    };
    await expect(checkLaw({ open }, broke)).rejects.toThrow();
  });
});

storageConformance("A storage with a declared gap", {
  open: async () => {
    const storage = new ForgetsTheMergeParent();
    return { storage, close: () => storage.close() };
  },
  gaps: {
    "both parents of a merge are kept": "merges are not told apart from other versions",
    "what was merged from another lineage is exported with it": "merges are not told apart from other versions",
    "a history is imported from another store, in parts and over what is there": "merges are not told apart from other versions",
  },
});
