import assert from "node:assert/strict";
import { CommitBuilder, edge } from "../commit-builder.ts";
import { expectCommitted, expectEdges, expectIds, expectSameIds } from "../expectations.ts";
import type { Law } from "../law.ts";

/** Compare-and-set on the last version of a chain. */
export const conflictLaws: readonly Law[] = [
  {
    name: "reject refuses the whole commit, stores nothing of it and names the head",
    async check({ storage }) {
      const build = new CommitBuilder();
      const first = build.root();
      const winner = build.next(first);
      await expectCommitted(storage.commit(build.commit([first])));
      await expectCommitted(storage.commit(build.commit([winner])));
      const bystander = build.root();
      const loser = build.next(first, { payload: { lost: true } });
      const follower = build.next(loser);
      const commit = build.commit([bystander, loser, follower], { idempotencyKey: "loser" });
      assert.deepEqual(await storage.commit(commit), {
        status: "conflict",
        conflicts: [{ ecsId: loser.ecsId, lineageId: first.lineageId, parentId: first.ecsId, headId: winner.ecsId }],
      });
      assert.deepEqual(await storage.loadHeaders([bystander.ecsId, loser.ecsId, follower.ecsId]), []);
      expectIds(await storage.lineage(first.lineageId), [first, winner]);
      const rebased = { ...loser, parentId: winner.ecsId };
      await expectCommitted(storage.commit({ ...commit, versions: [bystander, rebased, follower] }));
      expectIds(await storage.heads(first.lineageId), [follower]);
    },
  },
  {
    name: "every stale version of a commit is reported; a stale one that may branch is not",
    async check({ storage }) {
      const build = new CommitBuilder();
      const roots = [build.root(), build.root(), build.root(), build.root()];
      const heads = roots.map((root) => build.next(root));
      await expectCommitted(storage.commit(build.commit([...roots, ...heads])));
      const [a, b, c, d] = roots;
      const [headA, , headC] = heads;
      assert.ok(a && b && c && d && headA && headC);
      const [fromA, fromB, fromC] = [build.next(a), build.next(b, { onStaleParent: "branch" }), build.next(c)];
      const outcome = await storage.commit(build.commit([fromA, fromB, fromC]));
      assert.ok(outcome.status === "conflict");
      assert.deepEqual(outcome.conflicts, [
        { ecsId: fromA.ecsId, lineageId: a.lineageId, parentId: a.ecsId, headId: headA.ecsId },
        { ecsId: fromC.ecsId, lineageId: c.lineageId, parentId: c.ecsId, headId: headC.ecsId },
      ]);
      expectIds(await storage.heads(b.lineageId), heads.slice(1, 2));
    },
  },
  {
    name: "of commits that race for one parent exactly one extends; the others are refused or branch, as they asked",
    async check({ storage }) {
      const build = new CommitBuilder();
      const [a, b] = [build.root(), build.root()];
      const first = build.root({ edges: [edge("held", "", a)] });
      await expectCommitted(storage.commit(build.commit([a, b, first])));
      const rejecting = Array.from({ length: 10 }, () => build.next(first));
      const branching = Array.from({ length: 10 }, () => build.next(first, { onStaleParent: "branch", edges: [edge("held", "", b)] }));
      const racing = rejecting.flatMap((version, index) => [version, branching[index] ?? version]);
      const outcomes = await Promise.all(racing.map((version) => storage.commit(build.commit([version]))));
      const stored = racing.filter((_, index) => outcomes[index]?.status === "committed");
      assert.equal(stored.length, 11);
      assert.ok(branching.every((version) => stored.includes(version)));
      expectSameIds(await storage.heads(first.lineageId), stored);
      expectSameIds(await storage.lineage(first.lineageId), [first, ...stored]);
      await expectEdges(storage, first, [["held", "", a]]);
      await Promise.all(branching.map((version) => expectEdges(storage, version, [["held", "", b]])));
    },
  },
  {
    name: "a head that was branched from is still a head and can be extended",
    async check({ storage }) {
      const build = new CommitBuilder();
      const first = build.root();
      const second = build.next(first);
      const branch = build.next(first, { onStaleParent: "branch" });
      const third = build.next(second);
      await expectCommitted(storage.commit(build.commit([first, second])));
      await expectCommitted(storage.commit(build.commit([branch])));
      await expectCommitted(storage.commit(build.commit([third])));
      expectIds(await storage.heads(first.lineageId), [third, branch]);
    },
  },
];
