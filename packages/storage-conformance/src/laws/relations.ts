import assert from "node:assert/strict";
import type { NewVersion, ReferrerQuery } from "@minference/ecs";
import { allPages } from "../all-pages.ts";
import { CommitBuilder, edge } from "../commit-builder.ts";
import { expectCommitted, expectIds, expectStorageError } from "../expectations.ts";
import type { Law } from "../law.ts";

/** Who holds whom, and what was the last version when. */
export const relationLaws: readonly Law[] = [
  {
    name: "referrers are the versions that hold a version, each once, along chains and over branches, in pages of any size",
    async check({ storage }) {
      const build = new CommitBuilder();
      const [child, other] = [build.root(), build.root()];
      const first = build.root({ edges: [edge("list", "a", child), edge("list", "b", child), edge("one", "", other)] });
      const second = build.next(first, { edges: [edge("list", "a", null)] });
      const third = build.next(second, { edges: [edge("list", "b", other)] });
      const fourth = build.next(third, { edges: [edge("list", "c", child)] });
      const holder = build.root({ edges: [edge("child", "", child)] });
      await expectCommitted(storage.commit(build.commit([child, other, first, second, third, fourth, holder])));
      const inherits = build.next(second, { onStaleParent: "branch" });
      const empties = build.next(inherits, { edges: [edge("list", "b", null)] });
      const twig = build.next(inherits, { onStaleParent: "branch" });
      const takesUpAgain = build.next(empties, { edges: [edge("list", "b", child)] });
      const without = build.next(third, { onStaleParent: "branch" });
      for (const version of [inherits, empties, twig, takesUpAgain, without])
        await expectCommitted(storage.commit(build.commit([version])));
      for (const limit of [1, 2, 3, 100]) {
        const of = (versions: "heads" | "all", ...held: NewVersion[]) =>
          allPages((query: ReferrerQuery) => storage.referrers(query), { ecsIds: held.map(({ ecsId }) => ecsId), versions, limit });
        expectIds(await of("all", child), [first, second, fourth, holder, inherits, takesUpAgain, twig]);
        expectIds(await of("heads", child), [fourth, holder, takesUpAgain, twig]);
        const holdsOther = [first, second, third, fourth, inherits, empties, takesUpAgain, twig, without];
        expectIds(await of("all", other), holdsOther);
        expectIds(await of("all", other, child, other), [
          first,
          second,
          third,
          fourth,
          holder,
          inherits,
          empties,
          takesUpAgain,
          twig,
          without,
        ]);
        expectIds(await of("all", second), []);
      }
    },
  },
  {
    name: "referrers of what is not stored are none; a limit below one and a cursor it did not give are refused",
    async check({ storage }) {
      const build = new CommitBuilder();
      const query: ReferrerQuery = { ecsIds: [build.id(), "x", "'"], versions: "all", limit: 3 };
      assert.deepEqual(await storage.referrers(query), { items: [], next: null });
      assert.deepEqual(await storage.referrers({ ...query, ecsIds: [] }), { items: [], next: null });
      await expectStorageError(storage.referrers({ ...query, limit: 0 }), "invalid");
      await expectStorageError(storage.referrers(JSON.parse(JSON.stringify({ ...query, versions: "latest" }))), "invalid");
      await expectStorageError(storage.referrers({ ...query, after: "1; drop table version" }), "invalid");
    },
  },
  {
    name: "children are what a version holds directly, each once, in the order of its slots",
    async check({ storage }) {
      const build = new CommitBuilder();
      const leaf = build.root();
      const [a, b] = [build.root({ edges: [edge("leaf", "", leaf)] }), build.root()];
      const first = build.root({ edges: [edge("list", "2", a), edge("list", "1", b), edge("list", "3", b)] });
      const second = build.next(first, { edges: [edge("list", "1", null), edge("a", "", leaf)] });
      const branch = build.next(first, { onStaleParent: "branch", edges: [edge("list", "2", null)] });
      await expectCommitted(storage.commit(build.commit([leaf, a, b, first, second, branch])));
      expectIds(await storage.children(first.ecsId), [b, a]);
      expectIds(await storage.children(second.ecsId), [leaf, a, b]);
      expectIds(await storage.children(branch.ecsId), [b]);
      for (const id of [leaf.ecsId, build.id(), "x"]) assert.deepEqual(await storage.children(id), []);
    },
  },
  {
    name: "the heads of many lineages are read at once, oldest chain first",
    async check({ storage }) {
      const build = new CommitBuilder();
      const roots = Array.from({ length: 50 }, () => build.root());
      const [first, ...others] = roots;
      assert.ok(first);
      const next = build.next(first);
      const branch = build.next(first, { onStaleParent: "branch" });
      await expectCommitted(storage.commit(build.commit(roots)));
      await expectCommitted(storage.commit(build.commit([next, branch])));
      const lineages = [...roots.toReversed(), first].map(({ lineageId }) => lineageId);
      expectIds(await storage.loadHeads([...lineages, build.id(), "x"]), [next, ...others, branch]);
      assert.deepEqual(await storage.loadHeads([]), []);
    },
  },
  {
    name: "as of a time, a lineage shows what was the last version of each chain by then",
    async check({ storage }) {
      const build = new CommitBuilder();
      const first = build.root();
      const second = build.next(first);
      const branch = build.next(first, { onStaleParent: "branch" });
      const third = build.next(second);
      for (const [index, version] of [first, second, branch, third].entries()) {
        await expectCommitted(storage.commit(build.commit([version], { createdAt: at(10 * index) })));
      }
      const asOf = (milliseconds: number) => storage.asOf(first.lineageId, at(milliseconds));
      expectIds(await asOf(-1), []);
      expectIds(await asOf(0), [first]);
      expectIds(await asOf(9), [first]);
      expectIds(await asOf(10), [second]);
      expectIds(await asOf(29), [second, branch]);
      expectIds(await asOf(1e9), [third, branch]);
      assert.deepEqual(await storage.asOf(build.id(), at(0)), []);
      await expectStorageError(storage.asOf(first.lineageId, new Date(Number.NaN)), "invalid");
    },
  },
];

function at(milliseconds: number): Date {
  return new Date(Date.UTC(2030, 0, 1) + milliseconds);
}
