import { StorageError } from "../src/errors/storage-error.ts";
import { checkCommit } from "../src/storage/check-commit.ts";
import type { Commit, CommitConflict, CommitOutcome } from "../src/storage/commit.ts";
import type { Damage } from "../src/storage/damage.ts";
import type { EntityStorage, ListQuery, Page, ReferrerQuery, StorageStatistics } from "../src/storage/entity-storage.ts";
import { matchesFilters, pageByField } from "../src/storage/field-query.ts";
import type { Tag } from "../src/storage/retention.ts";
import type { CommitHeader, StoredChange, StoredEdge, StoredVersion, VersionHeader } from "../src/storage/stored-version.ts";

interface Kept {
  readonly version: StoredVersion;
  readonly chain: number;
}

/** A store for this package's tests: every version keeps a copy of everything, so that there is little to get wrong. */
export class CopyingStorage implements EntityStorage {
  readonly capabilities = { durable: false, sharedBetweenProcesses: false };
  /** Set to make the next commits fail. */
  failure: Error | null = null;
  /** Held back until it resolves. */
  gate: Promise<void> = Promise.resolve();
  commits: Commit[] = [];
  #kept = new Map<string, Kept>();
  #tips: string[] = [];

  async commit(commit: Commit): Promise<CommitOutcome> {
    await this.gate;
    if (this.failure !== null) throw this.failure;
    checkCommit(commit);
    const earlier = this.commits.find((other) => commit.idempotencyKey !== null && other.idempotencyKey === commit.idempotencyKey);
    if (earlier !== undefined) return { status: "duplicate", commitId: earlier.id, createdAt: earlier.createdAt };
    const added = new Map<string, Kept>();
    const find = (ecsId: string): Kept | undefined => added.get(ecsId) ?? this.#kept.get(ecsId);
    const tips = [...this.#tips];
    const conflicts: CommitConflict[] = [];
    for (const version of commit.versions) {
      const parent = version.parentId === null ? undefined : find(version.parentId);
      if (version.parentId !== null && parent === undefined) throw new Error(`unknown parent ${version.parentId}`);
      if (find(version.ecsId) !== undefined) throw new Error(`duplicate id ${version.ecsId}`);
      let chain = tips.length;
      if (parent !== undefined) {
        const head = tips[parent.chain] ?? "";
        if (head === version.parentId) chain = parent.chain;
        else if (version.onStaleParent === "reject")
          conflicts.push({ ecsId: version.ecsId, lineageId: version.lineageId, parentId: parent.version.ecsId, headId: head });
      }
      const slots = new Map(parent?.version.edges.map((edge) => [`${edge.field}\n${edge.slot}`, edge]));
      for (const { field, slot, child } of version.edges) {
        if (child === null) slots.delete(`${field}\n${slot}`);
        else slots.set(`${field}\n${slot}`, { field, slot, child });
      }
      const payload = version.payload ?? parent?.version.payload;
      if (payload === undefined) throw new Error("no payload");
      const edges = Array.from(slots.values()).sort((a, b) =>
        a.field === b.field ? (a.slot < b.slot ? -1 : 1) : a.field < b.field ? -1 : 1,
      );
      const { ecsId, lineageId, type, schemaVersion, parentId, mergeParentId } = version;
      const stored = {
        ecsId,
        lineageId,
        type,
        schemaVersion,
        parentId,
        mergeParentId,
        createdAt: commit.createdAt,
        commitId: commit.id,
        redacted: false,
      };
      added.set(ecsId, { version: { ...stored, payload: structuredClone(payload), edges }, chain });
      tips[chain] = ecsId;
    }
    if (conflicts.length > 0) return { status: "conflict", conflicts };
    for (const { version } of added.values())
      for (const edge of version.edges) if (find(edge.child) === undefined) throw new Error(`unknown child ${edge.child}`);
    for (const [ecsId, one] of added) this.#kept.set(ecsId, one);
    this.#tips = tips;
    this.commits.push(commit);
    return { status: "committed" };
  }

  async loadTrees(ecsIds: readonly string[]): Promise<readonly StoredVersion[]> {
    const reached = new Set(ecsIds);
    for (const ecsId of reached) for (const edge of this.#kept.get(ecsId)?.version.edges ?? []) reached.add(edge.child);
    return this.loadVersions(Array.from(reached));
  }

  async loadVersions(ecsIds: readonly string[]): Promise<readonly StoredVersion[]> {
    return Array.from(new Set(ecsIds)).flatMap((ecsId) => this.#kept.get(ecsId)?.version ?? []);
  }

  loadHeaders(ecsIds: readonly string[]): Promise<readonly VersionHeader[]> {
    return this.loadVersions(ecsIds);
  }

  async lineage(lineageId: string): Promise<readonly VersionHeader[]> {
    return Array.from(this.#kept.values(), ({ version }) => version).filter((version) => version.lineageId === lineageId);
  }

  heads(lineageId: string): Promise<readonly VersionHeader[]> {
    return this.loadHeads([lineageId]);
  }

  async loadHeads(lineageIds: readonly string[]): Promise<readonly VersionHeader[]> {
    const heads = await this.loadVersions(this.#tips);
    return heads.filter((version) => lineageIds.includes(version.lineageId));
  }

  async asOf(lineageId: string, time: Date): Promise<readonly VersionHeader[]> {
    const last = new Map<number, StoredVersion>();
    for (const { version, chain } of this.#kept.values()) {
      if (version.lineageId === lineageId && version.createdAt <= time) last.set(chain, version);
    }
    return Array.from(last)
      .sort(([a], [b]) => a - b)
      .map(([, version]) => version);
  }

  async children(ecsId: string): Promise<readonly VersionHeader[]> {
    const [version] = await this.loadVersions([ecsId]);
    return this.loadVersions(version?.edges.map(({ child }) => child) ?? []);
  }

  async referrers(query: ReferrerQuery): Promise<Page<VersionHeader>> {
    const all = Array.from(this.#kept.values()).sort((a, b) => a.chain - b.chain);
    return page(
      all.flatMap(({ version }) =>
        version.edges.some(({ child }) => query.ecsIds.includes(child)) && (query.versions === "all" || this.#tips.includes(version.ecsId))
          ? [version]
          : [],
      ),
      query,
    );
  }

  async list(query: ListQuery): Promise<Page<VersionHeader>> {
    const all =
      query.versions === "heads" ? await this.loadVersions(this.#tips) : Array.from(this.#kept.values(), ({ version }) => version);
    const { where = [], orderBy } = query;
    const found = all.filter((version) => query.types.includes(version.type) && matchesFilters(version.payload, where));
    if (orderBy === undefined) return page(found, query);
    const places = Array.from(this.#kept.keys());
    const placed = found.map((version) => ({
      ...version,
      chain: this.#kept.get(version.ecsId)?.chain ?? 0,
      seq: places.indexOf(version.ecsId),
    }));
    return pageByField(placed, orderBy, query);
  }

  async statistics(): Promise<StorageStatistics> {
    const versions = this.#kept.size;
    return { commits: this.commits.length, lineages: 0, chains: this.#tips.length, versions, edges: 0, payloads: versions, bytes: 0 };
  }

  async loadChanges(ecsIds: readonly string[]): Promise<readonly StoredChange[]> {
    const versions = await this.loadVersions(ecsIds);
    return versions.map((version) => {
      const parent = version.parentId === null ? undefined : this.#kept.get(version.parentId)?.version;
      const key = ({ field, slot, child }: StoredEdge): string => JSON.stringify([field, slot, child]);
      const held = new Set(parent?.edges.map(key));
      const slots = new Set(version.edges.map(({ field, slot }) => JSON.stringify([field, slot])));
      const emptied = (parent?.edges ?? []).filter(({ field, slot }) => !slots.has(JSON.stringify([field, slot])));
      const edges = [...version.edges.filter((edge) => !held.has(key(edge))), ...emptied.map((edge) => ({ ...edge, child: null }))];
      return { ...version, edges };
    });
  }

  async loadCommits(commitIds: readonly string[]): Promise<readonly CommitHeader[]> {
    return this.commits.filter(({ id }) => commitIds.includes(id));
  }

  tag(): Promise<never> {
    return Promise.reject(new StorageError("failed", "this store has no tags"));
  }

  async tags(): Promise<Page<Tag>> {
    return { items: [], next: null };
  }

  prune(): Promise<never> {
    return Promise.reject(new StorageError("failed", "this store keeps everything"));
  }

  redact(): Promise<never> {
    return Promise.reject(new StorageError("failed", "this store keeps everything"));
  }

  async clear(): Promise<void> {
    await this.gate;
    if (this.failure !== null) throw this.failure;
    this.commits = [];
    this.#kept = new Map();
    this.#tips = [];
  }

  async verify(): Promise<readonly Damage[]> {
    return [];
  }

  async close(): Promise<void> {
    await this.gate;
  }
}

function page(
  matching: readonly VersionHeader[],
  { limit, after }: { readonly limit: number; readonly after?: string },
): Page<VersionHeader> {
  const start = after === undefined ? 0 : Number(after);
  const end = start + limit;
  return { items: matching.slice(start, end), next: end < matching.length ? String(end) : null };
}
