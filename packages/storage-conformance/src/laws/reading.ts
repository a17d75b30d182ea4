import assert from "node:assert/strict";
import type { ListQuery, NewVersion } from "@minference/ecs";
import { allPages } from "../all-pages.ts";
import { CommitBuilder, edge } from "../commit-builder.ts";
import { expectCommitted, expectIds, expectSameIds, expectStorageError } from "../expectations.ts";
import type { Law } from "../law.ts";

/** Looking up, listing, paging, counting. */
export const readingLaws: readonly Law[] = [
  {
    name: "ids that are not stored, are of another kind or are no ids are left out; an id given twice counts once",
    async check({ storage }) {
      const build = new CommitBuilder();
      const child = build.root();
      const version = build.root({ edges: [edge("child", "", child)] });
      const commit = build.commit([child, version]);
      await expectCommitted(storage.commit(commit));
      const strange = [build.id(), version.lineageId, commit.id, "", "x", "'", "\u0000", version.ecsId.toUpperCase(), `${version.ecsId} `];
      for (const ids of [[], strange]) {
        assert.deepEqual(await storage.loadHeaders(ids), []);
        assert.deepEqual(await storage.loadVersions(ids), []);
        assert.deepEqual(await storage.loadTrees(ids), []);
      }
      const twice = [...strange, version.ecsId, version.ecsId];
      expectSameIds(await storage.loadHeaders(twice), [version]);
      expectSameIds(await storage.loadVersions(twice), [version]);
      expectSameIds(await storage.loadTrees(twice), [version, child]);
      for (const id of strange.filter((each) => each !== version.lineageId)) {
        assert.deepEqual(await storage.lineage(id), []);
        assert.deepEqual(await storage.heads(id), []);
      }
    },
  },
  {
    name: "a thousand versions load at once",
    async check({ storage }) {
      const build = new CommitBuilder();
      const versions = Array.from({ length: 1_000 }, (_, index) => build.root({ payload: { index } }));
      await expectCommitted(storage.commit(build.commit(versions)));
      const loaded = await storage.loadVersions(versions.map(({ ecsId }) => ecsId));
      expectSameIds(loaded, versions);
      expectSameIds(await storage.loadHeaders(versions.map(({ ecsId }) => ecsId)), versions);
    },
  },
  {
    name: "a lineage lists its versions as they were stored, its heads oldest chain first",
    async check({ storage }) {
      const build = new CommitBuilder();
      const first = build.root();
      const second = build.next(first);
      const branch = build.next(first, { onStaleParent: "branch" });
      const third = build.next(second);
      const branchNext = build.next(branch);
      const twig = build.next(branch, { onStaleParent: "branch" });
      const other = build.root();
      await expectCommitted(storage.commit(build.commit([first, other])));
      for (const version of [second, branch, third, branchNext, twig]) {
        await expectCommitted(storage.commit(build.commit([version])));
      }
      expectIds(await storage.lineage(first.lineageId), [first, second, branch, third, branchNext, twig]);
      expectIds(await storage.heads(first.lineageId), [third, branchNext, twig]);
      expectIds(await storage.heads(other.lineageId), [other]);
    },
  },
  {
    name: "a listing has every version of the types asked for once, oldest chain first, in pages of any size",
    async check({ storage }) {
      const build = new CommitBuilder();
      const chains: NewVersion[][] = [];
      for (const type of ["A", "B", "A", "C", "B", "A"]) {
        const first = build.root({ type });
        chains.push([first, build.next(first)]);
      }
      await expectCommitted(storage.commit(build.commit(chains.flatMap(([first]) => first ?? []))));
      await expectCommitted(storage.commit(build.commit(chains.flatMap(([, second]) => second ?? []).toReversed())));
      const forkOf = chains[2]?.[0];
      assert.ok(forkOf);
      const fork = build.next(forkOf, { onStaleParent: "branch" });
      await expectCommitted(storage.commit(build.commit([fork])));
      const of = (...types: string[]) => [...chains, [fork]].filter(([first]) => first !== undefined && types.includes(first.type));
      const listed = (types: readonly string[], versions: ListQuery["versions"], limit: number) =>
        allPages((query: ListQuery) => storage.list(query), { types, versions, limit });
      for (const limit of [1, 2, 3, 100]) {
        expectIds(
          await listed(["A"], "heads", limit),
          of("A").map((chain) => chain.at(-1) ?? fork),
        );
        expectIds(await listed(["C", "A"], "all", limit), of("A", "C").flat());
        expectIds(await listed(["B", "nothing"], "all", limit), of("B").flat());
      }
      for (const types of [[], ["nothing"], ["a"], ["a\u0000", "\ud800"]]) {
        assert.deepEqual(await storage.list({ types, versions: "all", limit: 5 }), { items: [], next: null });
        const where = [{ field: "index", operator: "=", value: 1 }] as const;
        assert.deepEqual(await storage.list({ types, versions: "all", where, limit: 5 }), { items: [], next: null });
      }
    },
  },
  {
    name: "a listing meets everything that was there when it began, once, while others store",
    async check({ storage }) {
      const build = new CommitBuilder();
      const tips = Array.from({ length: 6 }, () => build.root());
      await expectCommitted(storage.commit(build.commit(tips)));
      const lineages: string[] = [];
      let after: string | undefined;
      do {
        const page = await storage.list({ types: ["Thing"], versions: "heads", limit: 2, ...(after === undefined ? {} : { after }) });
        lineages.push(...page.items.map(({ lineageId }) => lineageId));
        after = page.next ?? undefined;
        for (const [index, tip] of tips.entries()) tips[index] = build.next(tip);
        await expectCommitted(storage.commit(build.commit(tips)));
      } while (after !== undefined);
      assert.deepEqual(
        lineages,
        tips.map(({ lineageId }) => lineageId),
      );
    },
  },
  {
    name: "a listing refuses a limit below one, a cursor it did not give, and to list what is neither heads nor all",
    async check({ storage }) {
      const query: ListQuery = { types: ["Thing"], versions: "heads", limit: 1 };
      for (const limit of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        await expectStorageError(storage.list({ ...query, limit }), "invalid");
      }
      for (const after of ["x", "", "1; drop table version"]) {
        await expectStorageError(storage.list({ ...query, after }), "invalid");
      }
      for (const other of ["latest", "", null]) {
        const wrong: ListQuery = JSON.parse(JSON.stringify({ ...query, versions: other }));
        await expectStorageError(storage.list(wrong), "invalid");
        await expectStorageError(storage.list({ ...wrong, orderBy: { field: "a", direction: "ascending" } }), "invalid");
      }
    },
  },
  {
    name: "statistics count what is stored",
    async check({ storage }) {
      const empty = await storage.statistics();
      assert.deepEqual({ ...empty, bytes: 0 }, { commits: 0, lineages: 0, chains: 0, versions: 0, edges: 0, payloads: 0, bytes: 0 });
      const build = new CommitBuilder();
      const child = build.root();
      const first = build.root({ edges: [edge("child", "", child)] });
      const second = build.next(first);
      const branch = build.next(first, { onStaleParent: "branch", payload: { own: true } });
      await expectCommitted(storage.commit(build.commit([child, first])));
      await expectCommitted(storage.commit(build.commit([second, branch])));
      const { bytes, edges, ...counts } = await storage.statistics();
      assert.deepEqual(counts, { commits: 2, lineages: 2, chains: 3, versions: 4, payloads: 3 });
      assert.ok(edges > 0);
      assert.ok(bytes > 0 && bytes >= empty.bytes);
    },
  },
];
