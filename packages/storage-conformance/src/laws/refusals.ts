import assert from "node:assert/strict";
import type { Commit, NewVersion, StorageErrorCode } from "@minference/ecs";
import { CommitBuilder, edge } from "../commit-builder.ts";
import { expectCommitted, expectSameIds, expectStorageError } from "../expectations.ts";
import type { Law } from "../law.ts";

interface Refusal {
  readonly name: string;
  readonly code: StorageErrorCode;
  /** Makes the bad part of a commit; `stored` is a version that is stored, and the last of its chain. */
  readonly bad: (build: CommitBuilder, stored: NewVersion) => { versions: readonly NewVersion[]; commit?: Partial<Commit> };
}

const refusals: readonly Refusal[] = [
  {
    name: "an edge to a version that is not stored",
    code: "unknown_child",
    bad: (build) => ({ versions: [build.root({ edges: [edge("child", "", { ecsId: build.id() })] })] }),
  },
  {
    name: "an edge to an id of another kind",
    code: "unknown_child",
    bad: (build, stored) => ({ versions: [build.root({ edges: [edge("child", "", { ecsId: stored.lineageId })] })] }),
  },
  {
    name: "a parent that is not stored",
    code: "unknown_parent",
    bad: (build) => ({ versions: [{ ...build.root(), parentId: build.id() }] }),
  },
  {
    name: "a parent that stands later in the commit",
    code: "unknown_parent",
    bad: (build) => {
      const first = build.root();
      return { versions: [build.next(first), first] };
    },
  },
  { name: "a version that is its own parent", code: "unknown_parent", bad: (build) => ({ versions: [selfParent(build.root())] }) },
  {
    name: "a merge parent that is not stored",
    code: "unknown_parent",
    bad: (build, stored) => ({ versions: [build.next(stored, { mergeParentId: build.id() })] }),
  },
  { name: "an id that is stored", code: "duplicate_id", bad: (_, stored) => ({ versions: [stored] }) },
  {
    name: "an id that is stored, as a successor",
    code: "duplicate_id",
    bad: (build, stored) => ({ versions: [{ ...build.next(stored), ecsId: stored.ecsId }] }),
  },
  {
    name: "an id twice in one commit",
    code: "duplicate_id",
    bad: (build) => {
      const first = build.root();
      return { versions: [first, { ...build.next(first), ecsId: first.ecsId }] };
    },
  },
  {
    name: "a second first version of a lineage",
    code: "invalid",
    bad: (build, stored) => ({ versions: [{ ...build.root(), lineageId: stored.lineageId }] }),
  },
  {
    name: "a second first version of a lineage, in one commit",
    code: "invalid",
    bad: (build) => {
      const first = build.root();
      return { versions: [first, { ...build.root(), lineageId: first.lineageId }] };
    },
  },
  {
    name: "a parent of another lineage",
    code: "invalid",
    bad: (build, stored) => ({ versions: [{ ...build.next(stored), lineageId: build.id() }] }),
  },
  { name: "a parent of another type", code: "invalid", bad: (build, stored) => ({ versions: [build.next(stored, { type: "Other" })] }) },
  {
    name: "a first version without payload",
    code: "invalid",
    bad: (build) => ({ versions: [{ ...build.root(), payload: null }] }),
  },
  {
    name: "two changes of one slot",
    code: "invalid",
    bad: (build, stored) => ({ versions: [build.next(stored, { edges: [edge("a", "b", stored), edge("a", "b", null)] })] }),
  },
  { name: "an id that is no UUID", code: "invalid", bad: (build) => ({ versions: [{ ...build.root(), ecsId: "1" }] }) },
  {
    name: "an id in upper case",
    code: "invalid",
    bad: (build) => ({ versions: [{ ...build.root(), ecsId: "ABCDEFAB-0000-7000-8000-000000000000" }] }),
  },
  {
    name: "a child that is no UUID",
    code: "invalid",
    bad: (build) => ({ versions: [build.root({ edges: [{ field: "a", slot: "", child: "x" }] })] }),
  },
  {
    name: "NUL in a slot",
    code: "invalid",
    bad: (build, stored) => ({ versions: [build.root({ edges: [edge("a", "\u0000", stored)] })] }),
  },
  {
    name: "half a surrogate pair in a field",
    code: "invalid",
    bad: (build, stored) => ({ versions: [build.root({ edges: [edge("\ud800", "", stored)] })] }),
  },
  { name: "NUL in a type", code: "invalid", bad: (build) => ({ versions: [build.root({ type: "a\u0000b" })] }) },
  {
    name: "NUL in an idempotency key",
    code: "invalid",
    bad: (build) => ({ versions: [build.root()], commit: { idempotencyKey: "\u0000" } }),
  },
  { name: "NUL in a message", code: "invalid", bad: (build) => ({ versions: [build.root()], commit: { message: "\u0000" } }) },
  {
    name: "half a surrogate pair in an actor",
    code: "invalid",
    bad: (build) => ({ versions: [build.root()], commit: { actor: "\udc00" } }),
  },
  {
    name: "a time that is none",
    code: "invalid",
    bad: (build) => ({ versions: [build.root()], commit: { createdAt: new Date(Number.NaN) } }),
  },
  {
    name: "a time that databases do not know",
    code: "invalid",
    bad: (build) => ({ versions: [build.root()], commit: { createdAt: new Date(Date.UTC(-4713, 0, 1)) } }),
  },
  { name: "a type too long to be found by", code: "invalid", bad: (build) => ({ versions: [build.root({ type: tooLong(2_000) })] }) },
  {
    name: "a slot too long to be found by",
    code: "invalid",
    bad: (build, stored) => ({ versions: [build.root({ edges: [edge("a", tooLong(2_000), stored)] })] }),
  },
  {
    name: "a field too long to be found by",
    code: "invalid",
    bad: (build, stored) => ({ versions: [build.root({ edges: [edge(tooLong(500), "", stored)] })] }),
  },
  {
    name: "an idempotency key too long to be found by",
    code: "invalid",
    bad: (build) => ({ versions: [build.root()], commit: { idempotencyKey: tooLong(2_000) } }),
  },
  {
    name: "something else to do about a stale parent",
    code: "invalid",
    bad: (build) => ({ versions: [{ ...build.root(), ...JSON.parse('{ "onStaleParent": "merge" }') }] }),
  },
  { name: "a commit id that is no UUID", code: "invalid", bad: (build) => ({ versions: [build.root()], commit: { id: "commit" } }) },
];

/** Text of two bytes a character, that no compression makes much smaller; a byte longer than what may be. */
function tooLong(bytes: number): string {
  const letters = Array.from({ length: bytes / 2 }, (_, index) => String.fromCodePoint(0xc0 + ((index * index * 7_919) % 0x180)));
  return `${letters.join("")}a`;
}

function selfParent(version: NewVersion): NewVersion {
  return { ...version, parentId: version.ecsId };
}

/** A commit that cannot be stored is refused whole. */
export const refusalLaws: readonly Law[] = [
  ...refusals.map(
    ({ name, code, bad }): Law => ({
      name: `a commit is refused whole (${code}): ${name}`,
      async check({ storage }) {
        const build = new CommitBuilder();
        const stored = build.root();
        await expectCommitted(storage.commit(build.commit([stored])));
        const before = await storage.statistics();
        const bystander = build.root();
        const follower = build.next(stored);
        const { versions, commit } = bad(build, stored);
        await expectStorageError(storage.commit(build.commit([bystander, ...versions], commit)), code);
        await expectStorageError(storage.commit(build.commit([...versions, bystander], commit)), code);
        assert.deepEqual({ ...(await storage.statistics()), bytes: 0 }, { ...before, bytes: 0 });
        expectSameIds(await storage.loadHeaders([bystander.ecsId, stored.ecsId]), [stored]);
        await expectCommitted(storage.commit(build.commit([follower, bystander])));
      },
    }),
  ),
  {
    name: "a commit is refused whole (duplicate_id): a commit id that is stored",
    async check({ storage }) {
      const build = new CommitBuilder();
      const commit = build.commit([build.root()]);
      const again = { ...commit, versions: [build.root()] };
      await expectCommitted(storage.commit(commit));
      await expectStorageError(storage.commit(again), "duplicate_id");
      const twin = build.commit([build.root()]);
      const twins = await Promise.allSettled([storage.commit(twin), storage.commit({ ...twin, versions: [build.root()] })]);
      assert.deepEqual(
        twins.map(({ status }) => status),
        ["fulfilled", "rejected"],
      );
      assert.equal((await storage.statistics()).commits, 2);
    },
  },
];
