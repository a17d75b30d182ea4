import type { Commit, CommitOutcome } from "./commit.ts";
import type { Damage } from "./damage.ts";
import type { FieldFilter, FieldOrder } from "./field-query.ts";
import type { PrunePolicy, PruneReport, Tag } from "./retention.ts";
import type { CommitHeader, StoredChange, StoredVersion, VersionHeader } from "./stored-version.ts";

/** What a backend can do beyond the laws that hold for all. */
export interface StorageCapabilities {
  /** Acknowledged commits outlive the process. */
  readonly durable: boolean;
  /** Several processes may open the same store at once. */
  readonly sharedBetweenProcesses: boolean;
}

/** Which versions of some types to list. */
export interface ListQuery {
  /** Entity names; a version of any of them is listed. */
  readonly types: readonly string[];
  /** `heads`: the last version of each chain. `all`: every version. */
  readonly versions: "heads" | "all";
  /** Conditions on fields, all of which hold. */
  readonly where?: readonly FieldFilter[];
  /** An order by a field, in place of the order of chains. */
  readonly orderBy?: FieldOrder;
  /** Most headers a page; at least 1. */
  readonly limit: number;
  /** The `next` of the page before. */
  readonly after?: string;
}

/** Which versions hold an edge to some others. */
export interface ReferrerQuery {
  /** The versions that are held. */
  readonly ecsIds: readonly string[];
  /** `heads`: of the versions that hold one, those that are the last of their chain. `all`: each of them. */
  readonly versions: "heads" | "all";
  /** Most headers a page; at least 1. */
  readonly limit: number;
  /** The `next` of the page before. */
  readonly after?: string;
}

/** One page of a listing. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Pass as `after` for the next page; `null` on the last. */
  readonly next: string | null;
}

/** The size of a store. */
export interface StorageStatistics {
  readonly commits: number;
  readonly lineages: number;
  readonly chains: number;
  readonly versions: number;
  readonly edges: number;
  /** Versions that carry a payload of their own. */
  readonly payloads: number;
  /** What the store occupies, in bytes; for a file what it holds after its log is folded in; an estimate in memory. */
  readonly bytes: number;
}

/**
 * Stores immutable versions of entities and the references between them. Law by law:
 *
 * - **Atomic**: of a commit either everything is stored or nothing, whatever fails.
 * - **Compare-and-set**: a version extends its parent's chain only when the parent is the last of it. Otherwise `reject`
 *   refuses the whole commit and `branch` starts a new chain at the parent. Of two commits that race, one extends.
 * - **Idempotent**: a commit whose `idempotencyKey` is already stored changes nothing and says `duplicate`.
 * - **Immutable**: what was stored reads back equal for ever, whatever is committed later, until it is pruned or redacted; pruning changes
 *   of what it leaves nothing but the parents that it took.
 * - **Closed**: each edge leads to a stored version; each `parentId` is stored. A commit that would break this is refused
 *   with a {@link StorageError} `unknown_child` or `unknown_parent`, one that reuses an `ecsId` with `duplicate_id`, one that adds to a
 *   redacted lineage with `redacted`.
 * - **Independent**: commits issued together may share a transaction, but each succeeds or fails alone. A commit may refer
 *   to versions of commits issued before it and not yet answered: they are carried out in the order they were issued.
 * - **Cost**: a commit costs what it changes, whatever the length of the history or the size of lists; a tree is read with
 *   at most two set queries a level of references, of which a store may have one for each five hundred versions, sent together; and one for
 *   the commits that its versions came with.
 */
export interface EntityStorage {
  readonly capabilities: StorageCapabilities;

  /** Stores versions together; see the laws above. */
  commit(commit: Commit): Promise<CommitOutcome>;

  /**
   * Reads versions and everything they reach through edges, each once, in no particular order. Ids that are not stored
   * are left out.
   */
  loadTrees(ecsIds: readonly string[]): Promise<readonly StoredVersion[]>;

  /** Reads versions alone, with edges but without what these lead to. Ids that are not stored are left out. */
  loadVersions(ecsIds: readonly string[]): Promise<readonly StoredVersion[]>;

  /** Reads the headers of versions. Ids that are not stored are left out. */
  loadHeaders(ecsIds: readonly string[]): Promise<readonly VersionHeader[]>;

  /**
   * Reads versions as the changes that they are from their parents: what to commit to have them once more. Ids that are not stored
   * are left out.
   */
  loadChanges(ecsIds: readonly string[]): Promise<readonly StoredChange[]>;

  /** Reads what is known of commits. Ids that are not stored are left out. */
  loadCommits(commitIds: readonly string[]): Promise<readonly CommitHeader[]>;

  /** Lists all versions of a lineage, each after its parent, in the order they were stored; empty when it is unknown. */
  lineage(lineageId: string): Promise<readonly VersionHeader[]>;

  /** Lists the last version of each chain of a lineage, oldest chain first; empty when the lineage is unknown. */
  heads(lineageId: string): Promise<readonly VersionHeader[]>;

  /** Lists the last version of each chain of some lineages, oldest chain first. Lineages that are unknown are left out. */
  loadHeads(lineageIds: readonly string[]): Promise<readonly VersionHeader[]>;

  /**
   * Lists what was the last version of each chain of a lineage at a moment, oldest chain first: of those whose commit says that
   * time or an earlier one. Chains that began later are left out.
   *
   * @throws {StorageError} `invalid` for a time that is none
   */
  asOf(lineageId: string, time: Date): Promise<readonly VersionHeader[]>;

  /** Lists the versions that a version holds directly, each once, in the order of its slots; empty when it is not stored. */
  children(ecsId: string): Promise<readonly VersionHeader[]>;

  /**
   * Lists versions that hold an edge to any of some versions, each once, oldest chain first and each chain from its first version to its last, a
   * page at a time. A page costs what it lists and a little for each slot that holds one of them, however many versions
   * that slot lasts. Ids that are not stored have no referrers.
   *
   * @throws {StorageError} `invalid` for a limit below one or a cursor that is none
   */
  referrers(query: ReferrerQuery): Promise<Page<VersionHeader>>;

  /**
   * Lists versions by type and by conditions on fields, oldest chain first and each chain from its first version to its last, or in the
   * order of a field, a page at a time. What is stored meanwhile moves nothing that is on a page already read.
   *
   * @throws {StorageError} `invalid` for a limit below one, a cursor that is none, a condition or order that makes no sense
   */
  list(query: ListQuery): Promise<Page<VersionHeader>>;

  /**
   * Gives a version a name, which keeps it from being pruned; a name in use moves. `null` takes the name away, if there is one.
   *
   * @throws {StorageError} `unknown_version`; `invalid` for a name that is empty or that texts of a commit could not be
   */
  tag(name: string, ecsId: string | null): Promise<void>;

  /** Lists the names of versions, ordered by code point, a page at a time. */
  tags(query: { readonly limit: number; readonly after?: string }): Promise<Page<Tag>>;

  /**
   * Takes versions away for good, all but: the last of each chain, those that the policy keeps, those with a tag, those that another
   * chain branches from, and what any of these holds or was merged from. A version whose parent went gets the last before it that stayed as its
   * parent. What is left reads as before; commits and their idempotency keys stay. It is done in small steps that let others read and
   * write in between: interrupted, it leaves a sound store with some of the versions gone.
   *
   * @throws {StorageError} `invalid` for a policy that keeps nothing
   */
  prune(policy: PrunePolicy): Promise<PruneReport>;

  /**
   * Takes the contents of a lineage away for good: all its versions read back without edges and with an empty payload, and say
   * `redacted`. Versions stay where they are, and so does what they held. No version can be added to the lineage any more. Redacting it again changes nothing.
   *
   * @returns how many versions the lineage has; 0 when it is unknown
   */
  redact(lineageId: string): Promise<number>;

  /**
   * Takes everything away for good, idempotency keys and tags too: afterwards the store is as a new one. All of it goes or, when it
   * fails, nothing. Commits issued before it are carried out first; one issued meanwhile comes before or after.
   */
  clear(): Promise<void>;

  statistics(): Promise<StorageStatistics>;

  /**
   * Looks through the whole store for what no commit can have left behind: edges, parents and forks that lead nowhere, versions
   * missing from the middle of a chain that were not pruned, payloads that are gone or changed. Says what it finds, the first thousand at most; nothing
   * for a sound store. Others may read and write meanwhile.
   */
  verify(): Promise<readonly Damage[]>;

  /** Waits for commits under way, then lets go of the store. Calls after it fail with `closed`; closing again does nothing. */
  close(): Promise<void>;
}
