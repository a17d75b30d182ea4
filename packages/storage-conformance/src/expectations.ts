import assert from "node:assert/strict";
import {
  compareText,
  type EntityStorage,
  type NewVersion,
  StorageError,
  type StorageErrorCode,
  type StoredChange,
  type StoredVersion,
} from "@minference/ecs";

/** Expects a commit to be stored. */
export async function expectCommitted(outcome: ReturnType<EntityStorage["commit"]>): Promise<void> {
  assert.deepEqual(await outcome, { status: "committed" });
}

/** Expects a call to fail with a StorageError of the given code. */
export async function expectStorageError(call: Promise<unknown>, code: StorageErrorCode): Promise<void> {
  const failure: unknown = await call.then(
    (value) => assert.fail(`expected a StorageError "${code}", got ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (!StorageError.is(failure)) throw failure;
  assert.equal(failure.code, code, failure.message);
}

/** Expects what a version holds: its children as `field/slot: ecsId`, in order. */
export async function expectEdges(
  storage: EntityStorage,
  version: Pick<NewVersion, "ecsId">,
  expected: readonly [field: string, slot: string, child: Pick<NewVersion, "ecsId">][],
): Promise<void> {
  const stored = await loadOne(storage, version.ecsId);
  assert.deepEqual(
    stored.edges,
    expected.map(([field, slot, child]) => ({ field, slot, child: child.ecsId })),
  );
}

/** Loads one version that must be there. */
export async function loadOne(storage: EntityStorage, ecsId: string): Promise<StoredVersion> {
  const loaded = await storage.loadVersions([ecsId]);
  assert.equal(loaded.length, 1, `version ${ecsId} is not stored`);
  const version = loaded[0];
  assert.ok(version);
  assert.equal(version.ecsId, ecsId);
  return version;
}

/** Turns loaded versions into a form that is equal when the contract says so: any order of versions, payloads as exact text. */
export function canonical(versions: readonly StoredChange[]): unknown[] {
  return versions
    .toSorted((a, b) => compareText(a.ecsId, b.ecsId))
    .map((version) => ({
      ecsId: version.ecsId,
      lineageId: version.lineageId,
      type: version.type,
      schemaVersion: version.schemaVersion,
      parentId: version.parentId,
      mergeParentId: version.mergeParentId,
      createdAt: version.createdAt.getTime(),
      commitId: version.commitId,
      redacted: version.redacted,
      payload: JSON.stringify(version.payload),
      edges: version.edges.map(({ field, slot, child }) => [field, slot, child]),
    }));
}

/** Expects the ids of versions or headers, in order. */
export function expectIds(found: readonly { ecsId: string }[], expected: readonly { ecsId: string }[]): void {
  assert.deepEqual(
    found.map(({ ecsId }) => ecsId),
    expected.map(({ ecsId }) => ecsId),
  );
}

/** Expects the ids of versions or headers, in any order, each once. */
export function expectSameIds(found: readonly { ecsId: string }[], expected: readonly { ecsId: string }[]): void {
  assert.deepEqual(found.map(({ ecsId }) => ecsId).toSorted(compareText), expected.map(({ ecsId }) => ecsId).toSorted(compareText));
}
