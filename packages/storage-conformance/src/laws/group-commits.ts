import assert from "node:assert/strict";
import { type Commit, type EntityStorage, type NewVersion, StorageError } from "@minference/ecs";
import { CommitBuilder, edge } from "../commit-builder.ts";
import { expectCommitted, expectEdges, expectIds, expectSameIds, expectStorageError, loadOne } from "../expectations.ts";
import type { Law } from "../law.ts";

/** Commits issued together, and what happens when the store closes. */
export const groupCommitLaws: readonly Law[] = [
  {
    name: "a commit may build on commits issued before it and not yet answered",
    async check({ storage }) {
      const build = new CommitBuilder();
      const child = build.root({ payload: { text: "child" } });
      const first = build.root({ payload: { text: "first" }, edges: [edge("list", "a", child)] });
      const second = build.next(first, { edges: [edge("list", "b", child)] });
      const third = build.next(second, { edges: [edge("list", "a", null)] });
      const branch = build.next(first, { onStaleParent: "branch", edges: [edge("list", "a", null), edge("list", "c", first)] });
      const branchNext = build.next(branch, { edges: [edge("list", "a", third)] });
      const versions = [child, first, second, third, branch, branchNext];
      const outcomes = await Promise.all(versions.map((version) => storage.commit(build.commit([version]))));
      assert.ok(outcomes.every(({ status }) => status === "committed"));
      await expectEdges(storage, first, [["list", "a", child]]);
      await expectEdges(storage, second, [
        ["list", "a", child],
        ["list", "b", child],
      ]);
      await expectEdges(storage, third, [["list", "b", child]]);
      await expectEdges(storage, branch, [["list", "c", first]]);
      await expectEdges(storage, branchNext, [
        ["list", "a", third],
        ["list", "c", first],
      ]);
      assert.deepEqual((await loadOne(storage, branchNext.ecsId)).payload, { text: "first" });
      expectIds(await storage.lineage(first.lineageId), [first, second, third, branch, branchNext]);
    },
  },
  {
    name: "a thousand commits issued at once succeed or fail each alone",
    async check({ storage }) {
      const build = new CommitBuilder();
      const base = build.root();
      await expectCommitted(storage.commit(build.commit([base])));
      const expected: string[] = [];
      const commits: Commit[] = [];
      const stored: NewVersion[] = [base];
      let tip = base;
      for (let index = 0; index < 1_000; index += 1) {
        const lost = build.root({ payload: { index } });
        if (index % 10 === 3) {
          commits.push(build.commit([lost, build.root({ edges: [edge("child", "", { ecsId: build.id() })] })]));
          expected.push("unknown_child");
        } else if (index % 10 === 5) {
          commits.push(build.commit([lost, build.next(base)]));
          expected.push(tip === base ? "committed" : "conflict");
        } else if (index % 10 === 7) {
          commits.push(build.commit([lost, base]));
          expected.push("duplicate_id");
        } else {
          tip = build.next(tip, { edges: [edge("list", String(index).padStart(4, "0"), lost)] });
          commits.push(build.commit([lost, tip]));
          expected.push("committed");
          stored.push(lost, tip);
        }
      }
      const outcomes = await Promise.all(commits.map((commit) => storage.commit(commit).then(({ status }) => status, codeOf)));
      assert.deepEqual(outcomes, expected);
      const all = commits.flatMap(({ versions }) => versions.map(({ ecsId }) => ecsId));
      expectSameIds(await storage.loadHeaders([base.ecsId, ...all]), stored);
      expectIds(await storage.heads(base.lineageId), [tip]);
      assert.equal((await loadOne(storage, tip.ecsId)).edges.length, 700);
      expectSameIds(
        await storage.loadTrees([tip.ecsId]),
        stored.filter((version) => version === tip || version.lineageId !== base.lineageId),
      );
    },
  },
  {
    name: "a commit that needs one issued later fails, and those after it do not",
    async check({ storage }) {
      const build = new CommitBuilder();
      const late = build.root();
      const early = build.root({ edges: [edge("child", "", late)] });
      const [first, second, third] = [early, late, build.root()].map((version) => storage.commit(build.commit([version])));
      assert.ok(first && second && third);
      await expectStorageError(first, "unknown_child");
      await expectCommitted(second);
      await expectCommitted(third);
      assert.deepEqual(await storage.loadHeaders([early.ecsId]), []);
    },
  },
  {
    name: "closing waits for commits under way; calls after it fail with closed; closing again does nothing",
    async check({ storage, reopen }) {
      const build = new CommitBuilder();
      const version = build.root();
      const underWay = Array.from({ length: 20 }, () => storage.commit(build.commit([build.root()])));
      underWay.push(storage.commit(build.commit([version])));
      const closing = storage.close();
      const refused = build.commit([build.root()]);
      await expectStorageError(storage.commit(refused), "closed");
      for (const outcome of await Promise.all(underWay)) assert.equal(outcome.status, "committed");
      await closing;
      await storage.close();
      await Promise.all([
        expectStorageError(storage.commit(refused), "closed"),
        expectStorageError(storage.loadTrees([version.ecsId]), "closed"),
        expectStorageError(storage.loadVersions([version.ecsId]), "closed"),
        expectStorageError(storage.loadHeaders([version.ecsId]), "closed"),
        expectStorageError(storage.lineage(version.lineageId), "closed"),
        expectStorageError(storage.heads(version.lineageId), "closed"),
        expectStorageError(storage.list({ types: ["Thing"], versions: "all", limit: 1 }), "closed"),
        expectStorageError(storage.statistics(), "closed"),
      ]);
      assert.equal(storage.capabilities.durable, reopen !== undefined, "a durable backend is tested with reopen, another is not");
      if (reopen === undefined) return;
      const again = await reopen();
      try {
        assert.equal((await again.statistics()).commits, 21);
        const next = build.next(version);
        await expectCommitted(again.commit(build.commit([next])));
        expectIds(await again.lineage(version.lineageId), [version, next]);
      } finally {
        await again.close();
      }
    },
  },
  {
    name: "what either of two openings of one store acknowledges is there, whatever the other reads and refuses meanwhile",
    check: betweenTwoOpenings(async ({ build, first, storage, other }) => {
      const acknowledged: NewVersion[] = [];
      const write = async (to: EntityStorage): Promise<void> => {
        for (let round = 0; round < 30; round += 1) {
          const kept = build.next(first, { onStaleParent: "branch" });
          const refused = build.root({ edges: [edge("child", "", build.root())] });
          const [stored] = await Promise.all([
            to.commit(build.commit([kept])),
            expectStorageError(to.commit(build.commit([refused])), "unknown_child"),
            expectStorageError(to.commit(build.commit([first])), "duplicate_id"),
            to.loadTrees([first.ecsId]),
          ]);
          if (stored.status === "committed") acknowledged.push(kept);
        }
      };
      await Promise.all([write(storage), write(other)]);
      assert.equal(acknowledged.length, 60);
      return acknowledged;
    }),
  },
  {
    name: "of two openings that race for a head, each with what it holds, one extends and the other is refused or branches, as it asked",
    check: betweenTwoOpenings(async ({ build, first, storage, other }) => {
      const stored: NewVersion[] = [];
      for (let round = 0; round < 40; round += 1) {
        const onStaleParent = round % 2 === 0 ? "reject" : "branch";
        const [head] = await storage.heads(first.lineageId);
        assert.ok(head !== undefined);
        // Alone in its commit, so that nothing is tried again in parts.
        const race = async (to: EntityStorage): Promise<void> => {
          const child = build.root();
          const next = build.next({ ...first, ecsId: head.ecsId }, { onStaleParent, edges: [edge("list", `slot ${round}`, child)] });
          const { status } = await to.commit(build.commit([child, next]));
          assert.ok(status !== "duplicate");
          if (status === "committed") stored.push(next);
        };
        const before = stored.length;
        await Promise.all([race(storage), race(other)]);
        assert.equal(stored.length - before, onStaleParent === "reject" ? 1 : 2);
      }
      return stored;
    }),
  },
];

/** Two openings of one store, and a first version that is there. */
interface TwoOpenings {
  readonly build: CommitBuilder;
  readonly first: NewVersion;
  readonly storage: EntityStorage;
  readonly other: EntityStorage;
}

/** Checks what two openings do to a lineage, where a store can be opened twice: what is given back is what the lineage holds in the end, and nothing is damaged. */
function betweenTwoOpenings(act: (openings: TwoOpenings) => Promise<readonly NewVersion[]>): Law["check"] {
  return async ({ storage, reopen }) => {
    if (reopen === undefined || !storage.capabilities.sharedBetweenProcesses) return;
    const build = new CommitBuilder();
    const first = build.root();
    await expectCommitted(storage.commit(build.commit([first])));
    const other = await reopen();
    const added = await act({ build, first, storage, other });
    await other.close();
    expectSameIds(await storage.lineage(first.lineageId), [first, ...added]);
    assert.deepEqual(await storage.verify(), []);
  };
}

function codeOf(error: unknown): string {
  if (!StorageError.is(error)) throw error;
  return error.code;
}
