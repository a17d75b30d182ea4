import assert from "node:assert/strict";
import type { NewVersion } from "@minference/ecs";
import { CommitBuilder, edge } from "../commit-builder.ts";
import { expectCommitted, expectEdges, expectIds, loadOne } from "../expectations.ts";
import type { Law } from "../law.ts";

/** Versions that start a new chain at an older one. */
export const branchLaws: readonly Law[] = [
  {
    name: "a branch from an interior version sees that version's slots, and neither side sees the other's changes",
    async check({ storage }) {
      const build = new CommitBuilder();
      const [a, b, c, d] = [build.root(), build.root(), build.root(), build.root()];
      const first = build.root({ edges: [edge("list", "a", a), edge("list", "b", b)] });
      const second = build.next(first, { edges: [edge("list", "c", c)] });
      const third = build.next(second, { edges: [edge("list", "a", null), edge("list", "b", d)] });
      await expectCommitted(storage.commit(build.commit([a, b, c, d, first, second, third])));
      const branch = build.next(second, {
        onStaleParent: "branch",
        edges: [edge("list", "b", null), edge("list", "c", a), edge("list", "d", d)],
      });
      await expectCommitted(storage.commit(build.commit([branch])));
      const branchNext = build.next(branch, { edges: [edge("list", "b", c), edge("list", "d", null)] });
      await expectCommitted(storage.commit(build.commit([branchNext])));
      const mainNext = build.next(third, { edges: [edge("list", "e", a)] });
      await expectCommitted(storage.commit(build.commit([mainNext])));
      await expectEdges(storage, second, [
        ["list", "a", a],
        ["list", "b", b],
        ["list", "c", c],
      ]);
      await expectEdges(storage, third, [
        ["list", "b", d],
        ["list", "c", c],
      ]);
      await expectEdges(storage, branch, [
        ["list", "a", a],
        ["list", "c", a],
        ["list", "d", d],
      ]);
      await expectEdges(storage, branchNext, [
        ["list", "a", a],
        ["list", "b", c],
        ["list", "c", a],
      ]);
      await expectEdges(storage, mainNext, [
        ["list", "b", d],
        ["list", "c", c],
        ["list", "e", a],
      ]);
    },
  },
  {
    name: "a slot emptied on a branch stays empty there",
    async check({ storage }) {
      const build = new CommitBuilder();
      const [a, b] = [build.root(), build.root()];
      const first = build.root({ edges: [edge("one", "", a), edge("two", "", b)] });
      const second = build.next(first);
      const branch = build.next(first, { onStaleParent: "branch", edges: [edge("one", "", null)] });
      const later = build.next(branch, { edges: [edge("two", "", null)] });
      const again = build.next(later, { edges: [edge("one", "", b)] });
      await expectCommitted(storage.commit(build.commit([a, b, first, second])));
      await expectCommitted(storage.commit(build.commit([branch])));
      await expectCommitted(storage.commit(build.commit([later, again])));
      await expectEdges(storage, branch, [["two", "", b]]);
      await expectEdges(storage, later, []);
      await expectEdges(storage, again, [["one", "", b]]);
      await expectEdges(storage, second, [
        ["one", "", a],
        ["two", "", b],
      ]);
    },
  },
  {
    name: "branches of branches, ten deep, each keep their own",
    async check({ storage }) {
      const build = new CommitBuilder();
      const marks = Array.from({ length: 10 }, () => build.root());
      const base = build.root();
      const after = build.next(base);
      await expectCommitted(storage.commit(build.commit([...marks, base, after])));
      let from: NewVersion = base;
      const tips: NewVersion[] = [];
      for (const [index, mark] of marks.entries()) {
        const fork = build.next(from, { onStaleParent: "branch", edges: [edge("marks", `m${index}`, mark)] });
        const next = build.next(fork, { edges: [edge("marks", `m${index}`, null), edge("tip", "", mark)] });
        await expectCommitted(storage.commit(build.commit([fork, next])));
        tips.push(next);
        from = fork;
      }
      for (const [index, tip] of tips.entries()) {
        const mark = marks[index];
        assert.ok(mark);
        const inherited = marks.slice(0, index).map((held, place): [string, string, NewVersion] => ["marks", `m${place}`, held]);
        await expectEdges(storage, tip, [...inherited, ["tip", "", mark]]);
      }
      assert.equal((await storage.heads(base.lineageId)).length, 11);
    },
  },
  {
    name: "branch extends the chain when the parent is its last version",
    async check({ storage }) {
      const build = new CommitBuilder();
      const first = build.root();
      const second = build.next(first, { onStaleParent: "branch" });
      await expectCommitted(storage.commit(build.commit([first])));
      await expectCommitted(storage.commit(build.commit([second])));
      expectIds(await storage.heads(first.lineageId), [second]);
    },
  },
  {
    name: "two versions of one commit with the same parent: the first extends, the second branches",
    async check({ storage }) {
      const build = new CommitBuilder();
      const [a, b] = [build.root(), build.root()];
      const first = build.root({ edges: [edge("one", "", a)] });
      const left = build.next(first, { edges: [edge("one", "", b)] });
      const right = build.next(first, { onStaleParent: "branch", edges: [edge("two", "", b)] });
      const deeper = build.next(right, { edges: [edge("one", "", null)] });
      await expectCommitted(storage.commit(build.commit([a, b, first, left, right, deeper])));
      await expectEdges(storage, left, [["one", "", b]]);
      await expectEdges(storage, right, [
        ["one", "", a],
        ["two", "", b],
      ]);
      await expectEdges(storage, deeper, [["two", "", b]]);
      expectIds(await storage.heads(first.lineageId), [left, deeper]);
    },
  },
  {
    name: "a shared payload reads the same along a chain, over branches and after its first holder is far away",
    async check({ storage }) {
      const build = new CommitBuilder();
      const first = build.root({ payload: { text: "shared" } });
      const second = build.next(first);
      const third = build.next(second, { payload: { text: "new" } });
      const fourth = build.next(third);
      const branch = build.next(second, { onStaleParent: "branch" });
      const tip = build.next(branch);
      await expectCommitted(storage.commit(build.commit([first])));
      await expectCommitted(storage.commit(build.commit([second, third, fourth])));
      await expectCommitted(storage.commit(build.commit([branch])));
      await expectCommitted(storage.commit(build.commit([tip])));
      for (const version of [first, second, branch, tip]) {
        assert.deepEqual((await loadOne(storage, version.ecsId)).payload, { text: "shared" });
      }
      for (const version of [third, fourth]) {
        assert.deepEqual((await loadOne(storage, version.ecsId)).payload, { text: "new" });
      }
    },
  },
];
