import {
  compareText,
  checkFieldQuery,
  checkCommit,
  checkLimit,
  checkPrunePolicy,
  checkTagName,
  checkTime,
  type Commit,
  type CommitConflict,
  type CommitHeader,
  type CommitOutcome,
  type Damage,
  type EdgeChange,
  type EntityStorage,
  type ListQuery,
  matchesFilters,
  type NewVersion,
  type Page,
  pageByField,
  type Payload,
  type PrunePolicy,
  type PruneReport,
  type ReferrerQuery,
  type StorageCapabilities,
  StorageError,
  type StorageStatistics,
  type StoredChange,
  type StoredEdge,
  type StoredVersion,
  type Tag,
  type VersionHeader,
} from "@minference/ecs";
import { compareCodePoints } from "./compare-code-points.ts";

/** A version the way nobody would store it: with copies of all it has. */
export interface NaiveVersion {
  header: VersionHeader;
  payload: Payload;
  /** The version that brought the payload. */
  readonly payloadOf: string;
  edges: ReadonlyMap<string, StoredEdge>;
  readonly chain: NaiveChain;
}

/** A run of versions, first to last. */
export interface NaiveChain {
  versions: NaiveVersion[];
  readonly isBranch: boolean;
}

/** What one commit would add. */
export interface NaiveDraft {
  readonly versions: Map<string, NaiveVersion>;
  readonly conflicts: CommitConflict[];
}

/**
 * The contract in its plainest form, which other storages are compared with: every version keeps a full copy of its payload
 * and edges, and everything is found by looking at all there is.
 */
export class NaiveStorage implements EntityStorage {
  readonly capabilities: StorageCapabilities = { durable: false, sharedBetweenProcesses: false };
  protected readonly versions = new Map<string, NaiveVersion>();
  protected readonly names = new Map<string, string>();
  protected chains: NaiveChain[] = [];
  protected readonly commits = new Map<string, Commit>();
  #closed = false;

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
      payload: JSON.parse(JSON.stringify(version.payload ?? parent?.payload ?? {})),
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

  async loadTrees(ecsIds: readonly string[]): Promise<readonly StoredVersion[]> {
    this.open();
    const reached = new Set(ecsIds);
    for (const id of reached) {
      for (const { child } of this.versions.get(id)?.edges.values() ?? []) reached.add(child);
    }
    return this.loadVersions([...reached]);
  }

  async loadVersions(ecsIds: readonly string[]): Promise<readonly StoredVersion[]> {
    this.open();
    return this.find(ecsIds).map((version) => this.read(version));
  }

  protected read({ header, payload, edges }: NaiveVersion): StoredVersion {
    return {
      ...this.readHeader(header),
      payload: structuredClone(payload),
      edges: [...edges.values()]
        .map(({ field, slot, child }) => ({ field, slot, child }))
        .toSorted((a, b) => compareText(a.field, b.field) || compareText(a.slot, b.slot)),
    };
  }

  protected readHeader(header: VersionHeader): VersionHeader {
    return { ...header, createdAt: new Date(header.createdAt) };
  }

  async loadChanges(ecsIds: readonly string[]): Promise<readonly StoredChange[]> {
    this.open();
    return this.find(ecsIds).map((version) => this.readChange(version));
  }

  protected readChange(version: NaiveVersion): StoredChange {
    const { parentId } = version.header;
    const parent = parentId === null ? undefined : this.versions.get(parentId);
    const filled = version.edges
      .values()
      .filter(({ field, slot, child }) => parent?.edges.get(JSON.stringify([field, slot]))?.child !== child);
    const emptied = (parent?.edges.entries() ?? [])
      .filter(([key]) => !version.edges.has(key))
      .map(([, { field, slot }]) => ({ field, slot, child: null }));
    const edges: EdgeChange[] = [...filled, ...emptied];
    return {
      ...this.readHeader(version.header),
      payload: parent?.payloadOf === version.payloadOf ? null : structuredClone(version.payload),
      edges: edges.toSorted((a, b) => compareText(a.field, b.field) || compareText(a.slot, b.slot)),
    };
  }

  async loadCommits(commitIds: readonly string[]): Promise<readonly CommitHeader[]> {
    this.open();
    const commits = [...new Set(commitIds)].flatMap((id) => this.commits.get(id) ?? []);
    return commits.map(({ id, createdAt, actor, message }) => ({ id, createdAt: new Date(createdAt), actor, message }));
  }

  async tag(name: string, ecsId: string | null): Promise<void> {
    this.open();
    checkTagName(name);
    if (ecsId !== null && !this.versions.has(ecsId)) throw new StorageError("unknown_version", `Version ${ecsId} is not stored`);
    if (ecsId === null) this.names.delete(name);
    else this.names.set(name, ecsId);
  }

  async tags({ limit, after }: { readonly limit: number; readonly after?: string }): Promise<Page<Tag>> {
    this.open();
    checkLimit(limit);
    const names = [...this.names.keys()]
      .toSorted(compareCodePoints)
      .filter((name) => after === undefined || compareCodePoints(name, after) > 0);
    const items = names.slice(0, limit).map((name) => ({ name, ecsId: this.names.get(name) ?? "" }));
    return { items, next: names.length > limit ? (items.at(-1)?.name ?? null) : null };
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

  async loadHeaders(ecsIds: readonly string[]): Promise<readonly VersionHeader[]> {
    this.open();
    return this.find(ecsIds).map(({ header }) => this.readHeader(header));
  }

  async lineage(lineageId: string): Promise<readonly VersionHeader[]> {
    this.open();
    const versions = [...this.versions.values()].filter(({ header }) => header.lineageId === lineageId);
    return versions.map(({ header }) => this.readHeader(header));
  }

  async heads(lineageId: string): Promise<readonly VersionHeader[]> {
    return this.loadHeads([lineageId]);
  }

  async loadHeads(lineageIds: readonly string[]): Promise<readonly VersionHeader[]> {
    this.open();
    return this.listed("heads").flatMap(({ header }) => (lineageIds.includes(header.lineageId) ? [header] : []));
  }

  async asOf(lineageId: string, time: Date): Promise<readonly VersionHeader[]> {
    this.open();
    checkTime(time);
    const chains = this.chains.filter(({ versions }) => versions[0]?.header.lineageId === lineageId);
    return chains
      .flatMap(({ versions }) => versions.findLast(({ header }) => header.createdAt <= time) ?? [])
      .map(({ header }) => this.readHeader(header));
  }

  async children(ecsId: string): Promise<readonly VersionHeader[]> {
    const [version] = await this.loadVersions([ecsId]);
    return this.loadHeaders(version?.edges.map(({ child }) => child) ?? []);
  }

  async referrers(query: ReferrerQuery): Promise<Page<VersionHeader>> {
    this.open();
    const holding = this.listed(query.versions).filter(({ header }) =>
      this.versions
        .get(header.ecsId)
        ?.edges.values()
        .some(({ child }) => query.ecsIds.includes(child)),
    );
    return page(holding, query);
  }

  async list(query: ListQuery): Promise<Page<VersionHeader>> {
    this.open();
    const { where = [], orderBy } = query;
    checkLimit(query.limit);
    checkFieldQuery(query);
    const found = this.listed(query.versions).filter(
      ({ header }) => query.types.includes(header.type) && matchesFilters(this.payloadOf(header), where),
    );
    if (orderBy === undefined) return page(found, query);
    const placed = found.map(({ header, chain, version }) => ({ header, chain, seq: version, payload: this.payloadOf(header) }));
    const { items, next } = pageByField(placed, orderBy, query);
    return { items: items.map(({ header }) => header), next };
  }

  protected payloadOf({ ecsId }: VersionHeader): Payload {
    return this.versions.get(ecsId)?.payload ?? {};
  }

  protected listed(which: ListQuery["versions"]): Listed[] {
    const end = Number.MAX_SAFE_INTEGER;
    return this.chains.flatMap(({ versions }, chain) =>
      which === "all"
        ? versions.map(({ header }, version) => ({ header: this.readHeader(header), chain, version }))
        : versions.slice(-1).map(({ header }) => ({ header: this.readHeader(header), chain, version: end })),
    );
  }

  async statistics(): Promise<StorageStatistics> {
    this.open();
    const versions = [...this.versions.values()];
    const filled = versions.reduce((sum, { edges }) => sum + edges.size, 0);
    return {
      commits: this.commits.size,
      lineages: new Set(versions.map(({ header }) => header.lineageId)).size,
      chains: this.chains.length,
      versions: versions.length,
      edges: filled,
      payloads: new Set(versions.map(({ payloadOf }) => payloadOf)).size,
      bytes: versions.length * 100 + filled * 50,
    };
  }

  async verify(): Promise<readonly Damage[]> {
    this.open();
    return [];
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  protected open(): void {
    if (this.#closed) throw new StorageError("closed", "The storage is closed");
  }

  protected find(ecsIds: readonly string[]): NaiveVersion[] {
    return [...new Set(ecsIds)].flatMap((id) => this.versions.get(id) ?? []);
  }
}

interface Listed {
  readonly header: VersionHeader;
  readonly chain: number;
  readonly version: number;
}

function page(listed: readonly Listed[], { limit, after }: { readonly limit: number; readonly after?: string }): Page<VersionHeader> {
  checkLimit(limit);
  const [afterChain, afterVersion] = readCursor(after);
  const rest = listed.filter(({ chain, version }) => chain > afterChain || (chain === afterChain && version > afterVersion));
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  const next = last === undefined || items.length === rest.length ? null : `${last.chain}.${last.version}`;
  return { items: items.map(({ header }) => header), next };
}

function readCursor(cursor: string | undefined): [chain: number, version: number] {
  if (cursor === undefined) return [-1, -1];
  const [chain, version] = cursor.split(".").map(Number);
  if (!Number.isInteger(chain) || !Number.isInteger(version) || chain === undefined || version === undefined) {
    throw new StorageError("invalid", `"${cursor}" is not the next of a page`);
  }
  return [chain, version];
}
