import {
  checkCommit,
  checkPrunePolicy,
  checkTagName,
  type Commit,
  type CommitConflict,
  type CommitOutcome,
  type EntityStorage,
  type NewVersion,
  payloadText,
  type PrunePolicy,
  type PruneReport,
  StorageError,
  type StoredEdge,
} from "@minference/ecs";
import { type NaiveChain, NaiveReader, type NaiveVersion } from "./naive-reader.ts";

/** What one commit would add. */
export interface NaiveDraft {
  readonly versions: Map<string, NaiveVersion>;
  readonly conflicts: CommitConflict[];
}

/**
 * The contract in its plainest form, which other storages are compared with: every version keeps a full copy of its payload
 * and edges, and everything is found by looking at all there is.
 */
export class NaiveStorage extends NaiveReader implements EntityStorage {
  async commit(commit: Commit): Promise<CommitOutcome> {
    this.open();
    checkCommit(commit);
    const stored = this.findByKey(commit.idempotencyKey);
    if (stored !== undefined) return { status: "duplicate", commitId: stored.id, createdAt: new Date(stored.createdAt) };
    if (this.commits.has(commit.id)) throw new StorageError("duplicate_id", `Commit ${commit.id} is already stored`);
    const draft: NaiveDraft = { versions: new Map(), conflicts: [] };
    const added: { chain: NaiveChain; version: NaiveVersion }[] = [];
    for (const version of commit.versions) added.push(this.place(commit, version, draft));
    for (const { edges } of draft.versions.values()) {
      for (const { child } of edges.values()) {
        if (!this.versions.has(child) && !draft.versions.has(child)) {
          throw new StorageError("unknown_child", `Child ${child} is not stored`);
        }
      }
    }
    if (draft.conflicts.length > 0) return { status: "conflict", conflicts: draft.conflicts };
    this.keep(commit, added);
    return { status: "committed" };
  }

  protected findByKey(key: string | null): Commit | undefined {
    return key === null ? undefined : this.commits.values().find((commit) => commit.idempotencyKey === key);
  }

  protected place(commit: Commit, version: NewVersion, draft: NaiveDraft): { chain: NaiveChain; version: NaiveVersion } {
    const find = (id: string) => draft.versions.get(id) ?? this.versions.get(id);
    if (find(version.ecsId) !== undefined) throw new StorageError("duplicate_id", `Version ${version.ecsId} is already stored`);
    const parent = version.parentId === null ? undefined : find(version.parentId);
    if (version.parentId !== null && parent === undefined) {
      throw new StorageError("unknown_parent", `Parent ${version.parentId} is not stored`);
    }
    if (version.mergeParentId !== null && find(version.mergeParentId) === undefined) {
      throw new StorageError("unknown_parent", `Merge parent ${version.mergeParentId} is not stored`);
    }
    this.checkLineage(version, parent, draft);
    const head = parent === undefined ? undefined : this.headOf(parent.chain, draft);
    if (parent !== undefined && head !== undefined && head !== parent && version.onStaleParent === "reject") {
      draft.conflicts.push({
        ecsId: version.ecsId,
        lineageId: version.lineageId,
        parentId: parent.header.ecsId,
        headId: head.header.ecsId,
      });
    }
    const extend = parent !== undefined && head === parent;
    const chain: NaiveChain = extend ? parent.chain : { versions: [], isBranch: parent !== undefined };
    const stored: NaiveVersion = {
      header: {
        ecsId: version.ecsId,
        lineageId: version.lineageId,
        type: version.type,
        schemaVersion: version.schemaVersion,
        parentId: version.parentId,
        mergeParentId: version.mergeParentId,
        createdAt: new Date(commit.createdAt),
        commitId: commit.id,
        redacted: false,
      },
      payload: JSON.parse(payloadText(version.payload ?? parent?.payload ?? {}, version.ecsId)),
      payloadOf: version.payload === null && parent !== undefined ? parent.payloadOf : version.ecsId,
      edges: this.applyEdges(parent?.edges ?? new Map(), version),
      chain,
    };
    draft.versions.set(version.ecsId, stored);
    return { chain, version: stored };
  }

  protected checkLineage(version: NewVersion, parent: NaiveVersion | undefined, draft: NaiveDraft): void {
    if (parent?.header.redacted === true) throw new StorageError("redacted", `Lineage ${version.lineageId} was redacted`);
    if (parent === undefined) {
      const all = [...this.versions.values(), ...draft.versions.values()];
      if (all.some(({ header }) => header.lineageId === version.lineageId)) {
        throw new StorageError("invalid", `Lineage ${version.lineageId} already has a first version`);
      }
    } else if (parent.header.lineageId !== version.lineageId || parent.header.type !== version.type) {
      throw new StorageError("invalid", `Version ${version.ecsId} is of another lineage or type than its parent`);
    }
  }

  protected headOf(chain: NaiveChain, draft: NaiveDraft): NaiveVersion | undefined {
    return [...draft.versions.values()].findLast((version) => version.chain === chain) ?? chain.versions.at(-1);
  }

  protected applyEdges(inherited: ReadonlyMap<string, StoredEdge>, version: NewVersion): Map<string, StoredEdge> {
    const edges = new Map(inherited);
    for (const { field, slot, child } of version.edges) {
      const key = JSON.stringify([field, slot]);
      if (child === null) edges.delete(key);
      else edges.set(key, { field, slot, child });
    }
    return edges;
  }

  protected keep(commit: Commit, added: readonly { chain: NaiveChain; version: NaiveVersion }[]): void {
    for (const { chain, version } of added) {
      if (chain.versions.length === 0) this.chains.push(chain);
      chain.versions.push(version);
      this.versions.set(version.header.ecsId, version);
    }
    this.commits.set(commit.id, { ...commit, createdAt: new Date(commit.createdAt), versions: [] });
  }

  async tag(name: string, ecsId: string | null): Promise<void> {
    this.open();
    checkTagName(name);
    if (ecsId !== null && !this.versions.has(ecsId)) throw new StorageError("unknown_version", `Version ${ecsId} is not stored`);
    if (ecsId === null) this.names.delete(name);
    else this.names.set(name, ecsId);
  }

  async prune(policy: PrunePolicy): Promise<PruneReport> {
    this.open();
    checkPrunePolicy(policy);
    const kept = this.keptBy(policy);
    const report = { pruned: this.versions.size - kept.size, kept: kept.size };
    if (policy.dryRun === true) return report;
    for (const chain of this.chains) {
      let before = chain.isBranch ? (chain.versions[0]?.header.parentId ?? null) : null;
      for (const version of chain.versions) {
        if (kept.has(version.header.ecsId)) {
          version.header = { ...version.header, parentId: before };
          before = version.header.ecsId;
        } else this.versions.delete(version.header.ecsId);
      }
      chain.versions = chain.versions.filter(({ header }) => kept.has(header.ecsId));
    }
    return report;
  }

  protected keptBy({ keepLast, newerThan, types }: PrunePolicy): Set<string> {
    const kept = new Set(this.names.values());
    for (const { versions, isBranch } of this.chains) {
      const fork = versions[0]?.header.parentId;
      if (isBranch && fork !== null && fork !== undefined) kept.add(fork);
      for (const [index, { header }] of versions.entries()) {
        const ofType = types === undefined || types.includes(header.type);
        const isLast = index >= versions.length - (keepLast ?? 1);
        if (!ofType || isLast || (newerThan !== undefined && header.createdAt >= newerThan)) kept.add(header.ecsId);
      }
    }
    for (const id of kept) {
      const version = this.versions.get(id);
      for (const { child } of version?.edges.values() ?? []) kept.add(child);
      const mergeParent = version?.header.mergeParentId;
      if (mergeParent !== null && mergeParent !== undefined) kept.add(mergeParent);
    }
    return kept;
  }

  async redact(lineageId: string): Promise<number> {
    this.open();
    const versions = [...this.versions.values()].filter(({ header }) => header.lineageId === lineageId);
    for (const version of versions) {
      version.header = { ...version.header, redacted: true };
      version.payload = {};
      version.edges = new Map();
    }
    return versions.length;
  }

  async clear(): Promise<void> {
    this.open();
    for (const kept of [this.versions, this.names, this.commits]) kept.clear();
    this.chains = [];
  }
}
