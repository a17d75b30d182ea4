import {
  checkLimit,
  checkPrunePolicy,
  checkTagName,
  checkCommit,
  checkTime,
  type Commit,
  type CommitHeader,
  type CommitOutcome,
  type Damage,
  type EntityStorage,
  type ListQuery,
  type Page,
  type PrunePolicy,
  type PruneReport,
  type ReferrerQuery,
  type StorageCapabilities,
  StorageError,
  type StorageStatistics,
  type StoredChange,
  type StoredVersion,
  type Tag,
  type VersionHeader,
} from "@minference/ecs";
import { type Draft, draftCommit } from "./draft.ts";
import { type Chain, changeSlot, filledSlots, letGo, type Lineage, type MemoryVersion } from "./history.ts";
import { keptVersions, pruneChain } from "./prune.ts";
import { changedSlots } from "./read-change.ts";
import { listPage, referrerPage } from "./list-page.ts";

/**
 * Keeps versions in this process's memory, as chains and the runs of their slots, so that a commit costs what it changes.
 * Everything is gone when the process ends.
 */
export class MemoryStorage implements EntityStorage {
  readonly capabilities: StorageCapabilities = Object.freeze({ durable: false, sharedBetweenProcesses: false });
  readonly #versions = new Map<string, MemoryVersion>();
  readonly #lineages = new Map<string, Lineage>();
  /** All chains, oldest first. */
  readonly #chains: Chain[] = [];
  readonly #commits = new Map<string, CommitHeader>();
  readonly #tags = new Map<string, MemoryVersion>();
  readonly #keys = new Map<string, { commitId: string; createdAt: number }>();
  #bytes = 0;
  #closed = false;

  async commit(commit: Commit): Promise<CommitOutcome> {
    this.#checkOpen();
    checkCommit(commit);
    const known = commit.idempotencyKey === null ? undefined : this.#keys.get(commit.idempotencyKey);
    if (known !== undefined) return { status: "duplicate", commitId: known.commitId, createdAt: new Date(known.createdAt) };
    if (this.#commits.has(commit.id)) throw new StorageError("duplicate_id", `Commit ${commit.id} is already stored`);
    const draft = draftCommit(commit, { versions: this.#versions, lineages: this.#lineages });
    if (draft.conflicts.length > 0) return { status: "conflict", conflicts: draft.conflicts };
    this.#keep(commit, draft);
    return { status: "committed" };
  }

  #keep(commit: Commit, draft: Draft): void {
    const { id, createdAt, actor, message } = commit;
    this.#commits.set(id, { id, createdAt: new Date(createdAt), actor, message });
    if (commit.idempotencyKey !== null) {
      this.#keys.set(commit.idempotencyKey, { commitId: commit.id, createdAt: commit.createdAt.getTime() });
    }
    this.#bytes += 100;
    for (const { version, change } of draft.placed) {
      const { chain } = version;
      if (chain.versions.length === 0) this.#addChain(chain, version);
      else {
        chain.versions.push(version);
        this.#lineages.get(chain.lineageId)?.versions.push(version);
      }
      this.#versions.set(version.header.ecsId, version);
      this.#bytes += 200;
      if (change.payload !== null) this.#bytes += 2 * version.payload.text.length;
    }
    for (const { version, change } of draft.placed) {
      for (const { field, slot, child } of change.edges) {
        changeSlot(version.chain, version.seq, field, slot, child === null ? null : (this.#versions.get(child) ?? null));
        this.#bytes += 100 + 2 * slot.length;
      }
    }
  }

  #addChain(chain: Chain, version: MemoryVersion): void {
    chain.place = this.#chains.length;
    chain.versions = [version];
    chain.fork?.chain.branches.push(chain);
    this.#chains.push(chain);
    const lineage = this.#lineages.get(chain.lineageId);
    if (lineage === undefined) this.#lineages.set(chain.lineageId, { chains: [chain], versions: [version] });
    else {
      lineage.chains.push(chain);
      lineage.versions.push(version);
    }
    this.#bytes += 200;
  }

  async loadTrees(ecsIds: readonly string[]): Promise<readonly StoredVersion[]> {
    this.#checkOpen();
    const loaded = new Map<string, StoredVersion>();
    const waiting = this.#find(ecsIds);
    for (let version = waiting.pop(); version !== undefined; version = waiting.pop()) {
      if (loaded.has(version.header.ecsId)) continue;
      const read = readVersion(version);
      loaded.set(version.header.ecsId, read);
      for (const child of this.#find(read.edges.map((edge) => edge.child))) waiting.push(child);
    }
    return [...loaded.values()];
  }

  async loadVersions(ecsIds: readonly string[]): Promise<readonly StoredVersion[]> {
    this.#checkOpen();
    return this.#find(ecsIds).map(readVersion);
  }

  async loadChanges(ecsIds: readonly string[]): Promise<readonly StoredChange[]> {
    this.#checkOpen();
    return this.#find(ecsIds).map((version) => {
      const { parentId } = version.header;
      const parent = parentId === null ? null : (this.#versions.get(parentId) ?? null);
      const payload = parent?.payload === version.payload ? null : JSON.parse(version.payload.text);
      return Object.assign(readHeader(version), { payload, edges: changedSlots(version, parent) });
    });
  }

  async loadCommits(commitIds: readonly string[]): Promise<readonly CommitHeader[]> {
    this.#checkOpen();
    const found = [...new Set(commitIds)].flatMap((id) => this.#commits.get(id) ?? []);
    return found.map(({ id, createdAt, actor, message }) => ({ id, createdAt: new Date(createdAt), actor, message }));
  }

  async tag(name: string, ecsId: string | null): Promise<void> {
    this.#checkOpen();
    checkTagName(name);
    const version = ecsId === null ? null : this.#versions.get(ecsId);
    if (version === undefined) throw new StorageError("unknown_version", `Version ${ecsId} is not stored`);
    if (version === null) this.#tags.delete(name);
    else this.#tags.set(name, version);
  }

  async tags({ limit, after }: { readonly limit: number; readonly after?: string }): Promise<Page<Tag>> {
    this.#checkOpen();
    checkLimit(limit);
    if (after !== undefined) checkTagName(after);
    const start = after === undefined ? null : Buffer.from(after);
    const sorted = [...this.#tags.entries()]
      .map(([name, { header }]) => ({ key: Buffer.from(name), name, ecsId: header.ecsId }))
      .filter(({ key }) => start === null || Buffer.compare(key, start) > 0)
      .toSorted((a, b) => Buffer.compare(a.key, b.key));
    const items = sorted.slice(0, limit).map(({ name, ecsId }) => ({ name, ecsId }));
    return { items, next: sorted.length > limit ? (items.at(-1)?.name ?? null) : null };
  }

  async prune(policy: PrunePolicy): Promise<PruneReport> {
    this.#checkOpen();
    checkPrunePolicy(policy);
    const kept = keptVersions(this.#chains, this.#tags.values(), policy, (id) => this.#versions.get(id));
    const report = { pruned: this.#versions.size - kept.size, kept: kept.size };
    if (policy.dryRun === true || report.pruned === 0) return report;
    for (const chain of this.#chains) pruneChain(chain, kept);
    for (const lineage of this.#lineages.values()) lineage.versions = lineage.versions.filter((version) => kept.has(version));
    for (const [id, version] of this.#versions) if (!kept.has(version)) this.#versions.delete(id);
    this.#bytes -= 200 * report.pruned;
    return report;
  }

  async redact(lineageId: string): Promise<number> {
    this.#checkOpen();
    const { chains, versions } = this.#lineages.get(lineageId) ?? { chains: [], versions: [] };
    // Versions that share a payload go on to.
    const emptied = new Map(versions.map(({ payload }) => [payload, { text: "{}" }]));
    for (const version of versions) {
      version.header = { ...version.header, redacted: true };
      version.payload = emptied.get(version.payload) ?? version.payload;
    }
    for (const chain of chains) {
      for (const run of [...(chain.slots?.values() ?? [])].flat()) letGo(run);
      chain.slots = undefined;
      chain.changes = undefined;
    }
    return versions.length;
  }

  async clear(): Promise<void> {
    this.#checkOpen();
    for (const kept of [this.#versions, this.#lineages, this.#commits, this.#tags, this.#keys]) kept.clear();
    this.#chains.length = 0;
    this.#bytes = 0;
  }

  async loadHeaders(ecsIds: readonly string[]): Promise<readonly VersionHeader[]> {
    this.#checkOpen();
    return this.#find(ecsIds).map(readHeader);
  }

  async lineage(lineageId: string): Promise<readonly VersionHeader[]> {
    this.#checkOpen();
    return (this.#lineages.get(lineageId)?.versions ?? []).map(readHeader);
  }

  async heads(lineageId: string): Promise<readonly VersionHeader[]> {
    return this.loadHeads([lineageId]);
  }

  async loadHeads(lineageIds: readonly string[]): Promise<readonly VersionHeader[]> {
    this.#checkOpen();
    const chains = [...new Set(lineageIds)].flatMap((id) => this.#lineages.get(id)?.chains ?? []).toSorted((a, b) => a.place - b.place);
    return chains.flatMap(({ versions }) => versions.slice(-1)).map(readHeader);
  }

  async asOf(lineageId: string, time: Date): Promise<readonly VersionHeader[]> {
    this.#checkOpen();
    checkTime(time);
    const chains = this.#lineages.get(lineageId)?.chains ?? [];
    return chains.flatMap(({ versions }) => versions.findLast(({ header }) => header.createdAt <= time) ?? []).map(readHeader);
  }

  async children(ecsId: string): Promise<readonly VersionHeader[]> {
    this.#checkOpen();
    const held = this.#find([ecsId]).flatMap(filledSlots);
    return this.#find(held.map(({ child }) => child)).map(readHeader);
  }

  async referrers(query: ReferrerQuery): Promise<Page<VersionHeader>> {
    this.#checkOpen();
    const { items, next } = referrerPage(this.#find(query.ecsIds), query);
    return { items: items.map(readHeader), next };
  }

  async list(query: ListQuery): Promise<Page<VersionHeader>> {
    this.#checkOpen();
    const { items, next } = listPage(this.#chains, query);
    return { items: items.map(readHeader), next };
  }

  async statistics(): Promise<StorageStatistics> {
    this.#checkOpen();
    return {
      commits: this.#commits.size,
      lineages: this.#lineages.size,
      chains: this.#chains.length,
      versions: this.#versions.size,
      edges: this.#chains.reduce((sum, { slots }) => sum + (slots?.values().reduce((runs, each) => runs + each.length, 0) ?? 0), 0),
      payloads: new Set(this.#versions.values().map(({ payload }) => payload)).size,
      bytes: this.#bytes,
    };
  }

  async verify(): Promise<readonly Damage[]> {
    this.#checkOpen();
    return [];
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #checkOpen(): void {
    if (this.#closed) throw new StorageError("closed", "The memory storage is closed");
  }

  #find(ecsIds: readonly string[]): MemoryVersion[] {
    return [...new Set(ecsIds)].flatMap((id) => this.#versions.get(id) ?? []);
  }
}

function readHeader({ header }: MemoryVersion): VersionHeader {
  return { ...header, createdAt: new Date(header.createdAt) };
}

function readVersion(version: MemoryVersion): StoredVersion {
  return { ...readHeader(version), payload: JSON.parse(version.payload.text), edges: filledSlots(version) };
}
