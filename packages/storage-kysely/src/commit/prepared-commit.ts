import { checkCommit, type Commit, type EdgeChange, payloadText, type StaleParentPolicy } from "@minference/ecs";

/** A commit as it was when it was issued: nothing a caller does later reaches it. */
export interface PreparedCommit {
  readonly id: string;
  readonly createdAt: number;
  readonly actor: string | null;
  readonly message: string | null;
  readonly idempotencyKey: string | null;
  readonly versions: readonly PreparedVersion[];
  /** About how much it will write, in bytes. */
  readonly weight: number;
}

/** A new version with its payload as text. */
export interface PreparedVersion {
  readonly ecsId: string;
  readonly lineageId: string;
  readonly type: string;
  readonly schemaVersion: number;
  readonly parentId: string | null;
  readonly mergeParentId: string | null;
  readonly payload: string | null;
  readonly edges: readonly EdgeChange[];
  readonly onStaleParent: StaleParentPolicy;
}

/**
 * Checks a commit and takes a copy of it.
 *
 * @throws {StorageError} `invalid`
 */
export function prepareCommit(commit: Commit): PreparedCommit {
  checkCommit(commit);
  let weight = 200;
  const versions = commit.versions.map((version): PreparedVersion => {
    const payload = version.payload === null ? null : payloadText(version.payload, version.ecsId);
    weight += 200 + (payload?.length ?? 0) + 100 * version.edges.length;
    return {
      ecsId: version.ecsId,
      lineageId: version.lineageId,
      type: version.type,
      schemaVersion: version.schemaVersion,
      parentId: version.parentId,
      mergeParentId: version.mergeParentId,
      payload,
      edges: version.edges.map(({ field, slot, child }) => ({ field, slot, child })),
      onStaleParent: version.onStaleParent,
    };
  });
  return {
    id: commit.id,
    createdAt: commit.createdAt.getTime(),
    actor: commit.actor,
    message: commit.message,
    idempotencyKey: commit.idempotencyKey,
    versions,
    weight,
  };
}
