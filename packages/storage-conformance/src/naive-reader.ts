import {
  checkFieldQuery,
  checkLimit,
  checkPage,
  checkTime,
  type Commit,
  type CommitHeader,
  compareText,
  type Damage,
  type EdgeChange,
  type ListQuery,
  matchesFilters,
  type Page,
  pageByField,
  type Payload,
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
import { type Listed, pageOf } from "./naive-page.ts";

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

/** The half of {@link NaiveStorage} that only reads: everything is found by looking at all there is. */
export abstract class NaiveReader {
  readonly capabilities: StorageCapabilities = { durable: false, sharedBetweenProcesses: false };
  protected readonly versions = new Map<string, NaiveVersion>();
  protected readonly names = new Map<string, string>();
  protected chains: NaiveChain[] = [];
  protected readonly commits = new Map<string, Commit>();
  #closed = false;

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

  async tags({ limit, after }: { readonly limit: number; readonly after?: string }): Promise<Page<Tag>> {
    this.open();
    checkLimit(limit);
    const names = [...this.names.keys()]
      .toSorted(compareCodePoints)
      .filter((name) => after === undefined || compareCodePoints(name, after) > 0);
    const items = names.slice(0, limit).map((name) => ({ name, ecsId: this.names.get(name) ?? "" }));
    return { items, next: names.length > limit ? (items.at(-1)?.name ?? null) : null };
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
    return pageOf(holding, query);
  }

  async list(query: ListQuery): Promise<Page<VersionHeader>> {
    this.open();
    const { where = [], orderBy } = query;
    checkPage(query);
    checkFieldQuery(query);
    const found = this.listed(query.versions).filter(
      ({ header }) => query.types.includes(header.type) && matchesFilters(this.payloadOf(header), where),
    );
    if (orderBy === undefined) return pageOf(found, query);
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
