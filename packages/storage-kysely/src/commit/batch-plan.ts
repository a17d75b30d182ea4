import type { CommitConflict, CommitOutcome } from "@minference/ecs";
import type { NewIds } from "../query/dialect.ts";
import { payloadChecksum } from "./payload-checksum.ts";
import type { ParentRow } from "./commit-statements.ts";
import type { PreparedCommit, PreparedVersion } from "./prepared-commit.ts";
import { RefusedCommit } from "./refusal.ts";
import type { Head, StoredState } from "./stored-state.ts";

/** A row to insert, as values in the order of the table's columns. */
type Row = readonly (number | string | null)[];

/** A chain as it is while a batch is planned. */
interface PlannedChain {
  /** `null` until the commit that creates it is accepted. */
  id: number | null;
  readonly lineageId: string;
  readonly type: string;
  readonly isBranch: boolean;
  readonly isRedacted: boolean;
  readonly isNew: boolean;
  head: { readonly id: string; readonly seq: number };
  /** Slots this batch changed: the range it left open, or `null` where it left none. */
  readonly slots: Map<string, OpenRange | null>;
}

interface OpenRange {
  readonly row: [chain: number, field: string, slot: string, from: number, to: number | null, child: number | null];
}

/** A version that may be a parent. */
interface PlannedVersion {
  readonly id: string;
  readonly chain: PlannedChain;
  readonly seq: number;
  readonly holdsNothing: boolean;
  vid: number;
  payloadVid: number;
}

interface Placement {
  readonly change: PreparedVersion;
  readonly version: PlannedVersion;
  readonly parent: PlannedVersion | null;
  readonly mergeParent: string | null;
}

/**
 * Works out the rows that a batch of commits adds. Each commit is checked against the store and the commits accepted before it in
 * the batch, and either accepted whole or leaves no trace.
 */
export class BatchPlan {
  readonly commits: Row[] = [];
  readonly chains: Row[] = [];
  readonly versions: Row[] = [];
  /** Ranges open in the store that end, with their last position. */
  readonly closes: Row[] = [];
  readonly #edges: OpenRange[] = [];
  readonly #ids: NewIds;
  readonly #commitIds = new Set<string>();
  /** When the commits were made that are stored. */
  readonly #storedAt = new Map<string, number>();
  readonly #keys = new Map<string, { commitId: string; createdAt: number }>();
  readonly #vids = new Map<string, number>();
  readonly #lineages = new Set<string>();
  readonly #parents = new Map<string, PlannedVersion>();
  readonly #extended = new Set<PlannedChain>();

  /** @param readUuid - reads the UUIDs among what is stored, as the dialect has them */
  constructor(stored: StoredState, ids: NewIds, readUuid: (text: string) => string) {
    this.#ids = ids;
    for (const { uuid, created_at, idempotency_key } of stored.commits) {
      const commitId = readUuid(uuid);
      this.#commitIds.add(commitId);
      this.#storedAt.set(commitId, created_at);
      if (idempotency_key !== null) this.#keys.set(idempotency_key, { commitId, createdAt: created_at });
    }
    for (const { id, vid } of stored.versions) this.#vids.set(readUuid(id), vid);
    for (const { id } of stored.lineages) this.#lineages.add(readUuid(id));
    const chains = new Map<number, PlannedChain>();
    for (const row of stored.parents) {
      const id = readUuid(row.id);
      const chain = chains.get(row.chain) ?? storedChain(row, readUuid);
      chains.set(row.chain, chain);
      this.#vids.set(id, row.vid);
      this.#parents.set(id, {
        id,
        chain,
        seq: row.seq,
        holdsNothing: row.holds_nothing !== null,
        vid: row.vid,
        payloadVid: row.payload_vid,
      });
    }
    for (const head of stored.heads) {
      const { holdsNothing, id, payloadVid, seq, vid } = head;
      this.#vids.set(id, vid);
      this.#parents.set(id, { id, chain: knownChain(head), seq, holdsNothing, vid, payloadVid });
    }
  }

  /** The last versions of the chains that were added to. */
  get heads(): readonly Head[] {
    const heads: Head[] = [];
    for (const { head, id: chain, isBranch, lineageId, type } of this.#extended) {
      const version = this.#parents.get(head.id);
      if (version === undefined || chain === null) throw new RangeError(`Version ${head.id} was accepted without an id`);
      const { holdsNothing, id, payloadVid, seq, vid } = version;
      heads.push({ id, vid, seq, payloadVid, holdsNothing, chain, lineageId, type, isBranch });
    }
    return heads;
  }

  /** The edges to insert. */
  get edges(): Row[] {
    return this.#edges.map(({ row }) => row);
  }

  /**
   * Accepts a commit into the plan, or says why not.
   *
   * @param mayBeStored - whether a commit of this id and time that is stored is this one
   * @throws {RefusedCommit} `duplicate_id`, `unknown_parent`, `unknown_child`, `invalid`, `redacted`
   */
  add(commit: PreparedCommit, mayBeStored: boolean): CommitOutcome {
    if (mayBeStored && this.#storedAt.get(commit.id) === commit.createdAt) return { status: "committed" };
    const known = commit.idempotencyKey === null ? undefined : this.#keys.get(commit.idempotencyKey);
    if (known !== undefined) return { status: "duplicate", commitId: known.commitId, createdAt: new Date(known.createdAt) };
    if (this.#commitIds.has(commit.id)) throw new RefusedCommit("duplicate_id", `Commit ${commit.id} is already stored`);
    const { placements, conflicts } = this.#place(commit);
    if (conflicts.length > 0) return { status: "conflict", conflicts };
    this.#accept(commit, placements);
    return { status: "committed" };
  }

  #place(commit: PreparedCommit): { placements: readonly Placement[]; conflicts: readonly CommitConflict[] } {
    const drafted = new Map<string, PlannedVersion>();
    const heads = new Map<PlannedChain, PlannedChain["head"]>();
    const lineages = new Set<string>();
    const conflicts: CommitConflict[] = [];
    const placements: Placement[] = [];
    for (const change of commit.versions) {
      const parent = change.parentId === null ? null : (drafted.get(change.parentId) ?? this.#parents.get(change.parentId) ?? null);
      this.#check(change, parent, drafted, lineages);
      const head = parent === null ? null : (heads.get(parent.chain) ?? parent.chain.head);
      if (parent !== null && head !== null && head.id !== parent.id && change.onStaleParent === "reject") {
        conflicts.push({ ecsId: change.ecsId, lineageId: change.lineageId, parentId: parent.id, headId: head.id });
      }
      const extend = parent !== null && head?.id === parent.id;
      const seq = (parent?.seq ?? 0) + 1;
      const chain = extend ? parent.chain : newChain(change, parent !== null, seq);
      const holdsNothing = (parent?.holdsNothing ?? true) && change.edges.every(({ child }) => child === null);
      const version: PlannedVersion = { id: change.ecsId, chain, seq, holdsNothing, vid: 0, payloadVid: 0 };
      heads.set(chain, { id: change.ecsId, seq });
      drafted.set(change.ecsId, version);
      lineages.add(change.lineageId);
      placements.push({ change, version, parent, mergeParent: change.mergeParentId });
    }
    for (const { edges } of commit.versions) {
      for (const { child } of edges) {
        if (child !== null && !this.#vids.has(child) && !drafted.has(child)) {
          throw new RefusedCommit("unknown_child", `An edge leads to version ${child}, which is not stored`);
        }
      }
    }
    return { placements, conflicts };
  }

  #check(
    change: PreparedVersion,
    parent: PlannedVersion | null,
    drafted: ReadonlyMap<string, PlannedVersion>,
    lineages: ReadonlySet<string>,
  ): void {
    const { ecsId, lineageId, parentId, mergeParentId } = change;
    if (this.#vids.has(ecsId) || drafted.has(ecsId)) throw new RefusedCommit("duplicate_id", `Version ${ecsId} is already stored`);
    if (parentId !== null && parent === null) {
      throw new RefusedCommit("unknown_parent", `The parent ${parentId} of version ${ecsId} is not stored`);
    }
    if (mergeParentId !== null && !this.#vids.has(mergeParentId) && !drafted.has(mergeParentId)) {
      throw new RefusedCommit("unknown_parent", `The parent ${mergeParentId} of version ${ecsId} is not stored`);
    }
    if (parent === null) {
      if (this.#lineages.has(lineageId) || lineages.has(lineageId)) {
        throw new RefusedCommit("invalid", `Version ${ecsId} has no parent, but its lineage ${lineageId} has a first version`);
      }
    } else if (parent.chain.lineageId !== lineageId || parent.chain.type !== change.type) {
      throw new RefusedCommit("invalid", `Version ${ecsId} is of another lineage or type than its parent ${parent.id}`);
    } else if (parent.chain.isRedacted) {
      throw new RefusedCommit("redacted", `The lineage ${lineageId} was redacted: nothing can be added to it`);
    }
  }

  #accept(commit: PreparedCommit, placements: readonly Placement[]): void {
    const commitRow = this.#ids.commit();
    this.commits.push([commitRow, commit.id, commit.createdAt, commit.actor, commit.message, commit.idempotencyKey]);
    this.#commitIds.add(commit.id);
    if (commit.idempotencyKey !== null) {
      this.#keys.set(commit.idempotencyKey, { commitId: commit.id, createdAt: commit.createdAt });
    }
    for (const { change, version, parent, mergeParent } of placements) {
      const chain = this.#chainId(version.chain, parent);
      version.vid = this.#ids.version();
      version.payloadVid = change.payload === null && parent !== null ? parent.payloadVid : version.vid;
      version.chain.head = version;
      this.#extended.add(version.chain);
      this.#vids.set(version.id, version.vid);
      this.#parents.set(version.id, version);
      this.#lineages.add(change.lineageId);
      this.versions.push([
        version.vid,
        version.id,
        chain,
        version.seq,
        parent?.vid ?? null,
        mergeParent === null ? null : this.#vid(mergeParent),
        commitRow,
        change.schemaVersion,
        change.payload,
        version.payloadVid === version.vid ? null : version.payloadVid,
        change.payload === null ? null : payloadChecksum(change.payload),
        version.holdsNothing ? 1 : null,
      ]);
    }
    for (const { change, version } of placements) {
      for (const { field, slot, child } of change.edges) this.#changeSlot(version, field, slot, child);
    }
  }

  #chainId(chain: PlannedChain, parent: PlannedVersion | null): number {
    if (chain.id !== null) return chain.id;
    chain.id = this.#ids.chain();
    const fork = parent === null ? [null, null] : [parent.chain.id, parent.seq];
    this.chains.push([chain.id, chain.lineageId, chain.type, ...fork]);
    return chain.id;
  }

  #changeSlot({ chain, seq }: PlannedVersion, field: string, slot: string, child: string | null): void {
    if (chain.id === null) throw new RangeError("A slot was changed on a chain without id");
    const key = `${field}\u0000${slot}`;
    const open = chain.slots.get(key);
    if (open !== undefined && open !== null) open.row[4] = seq - 1;
    else if (open === undefined && !chain.isNew) this.closes.push([chain.id, field, slot, seq - 1]);
    if (child === null && !chain.isBranch) {
      chain.slots.set(key, null);
      return;
    }
    const range: OpenRange = { row: [chain.id, field, slot, seq, null, child === null ? null : this.#vid(child)] };
    chain.slots.set(key, range);
    this.#edges.push(range);
  }

  #vid(id: string): number {
    const vid = this.#vids.get(id);
    if (vid === undefined) throw new RangeError(`Version ${id} was accepted without an id`);
    return vid;
  }
}

function storedChain(row: ParentRow, readUuid: (text: string) => string): PlannedChain {
  return {
    id: row.chain,
    lineageId: readUuid(row.lineage),
    type: row.type,
    isBranch: row.parent_chain !== null,
    isRedacted: row.redacted !== null,
    isNew: false,
    head: { id: readUuid(row.head), seq: row.head_seq },
    slots: new Map(),
  };
}

function knownChain({ chain, id, isBranch, lineageId, seq, type }: Head): PlannedChain {
  return { id: chain, lineageId, type, isBranch, isRedacted: false, isNew: false, head: { id, seq }, slots: new Map() };
}

function newChain(change: PreparedVersion, isBranch: boolean, seq: number): PlannedChain {
  return {
    id: null,
    lineageId: change.lineageId,
    type: change.type,
    isBranch,
    isRedacted: false,
    isNew: true,
    head: { id: change.ecsId, seq },
    slots: new Map(),
  };
}
