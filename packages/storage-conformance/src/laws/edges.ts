import assert from "node:assert/strict";
import { CommitBuilder, edge } from "../commit-builder.ts";
import { expectCommitted, expectEdges, expectSameIds } from "../expectations.ts";
import type { Law } from "../law.ts";

function slot(index: number): string {
  return `s${String(index).padStart(4, "0")}`;
}

/** Which child a slot holds, over a run of versions and over branches. */
export const edgeLaws: readonly Law[] = [
  {
    name: "edges are ordered by field and slot, by code unit",
    async check({ storage }) {
      const build = new CommitBuilder();
      const child = build.root();
      const slots = ["b", "B", "a0", "Zz", "a", "é", "\uffff", "\u{10000}", "a0V", "~", "_", "10", "9"];
      const version = build.root({
        edges: [edge("z", "", child), ...slots.map((slot) => edge("list", slot, child)), edge("Z", "", child)],
      });
      await expectCommitted(storage.commit(build.commit([child, version])));
      await expectEdges(storage, version, [
        ["Z", "", child],
        ...slots.toSorted((a, b) => (a < b ? -1 : 1)).map((slot): [string, string, typeof child] => ["list", slot, child]),
        ["z", "", child],
      ]);
    },
  },
  {
    name: "fields and slots read back exactly, whatever their names, of one version and of many",
    async check({ storage }) {
      const build = new CommitBuilder();
      const child = build.root();
      const names = ['"', "\\", "'", ",", ", ", '","', '", "', "[", "{}", "\n", "a\nb", "\t", " ", "null", "\u2028", "😀", "x".repeat(300)];
      const ordered = names.toSorted((a, b) => (a < b ? -1 : 1));
      const one = build.root({ edges: names.flatMap((field) => names.map((slot) => edge(field, slot, child))) });
      const many = Array.from({ length: 150 }, () => build.root({ edges: names.map((slot) => edge("list", slot, child)) }));
      await expectCommitted(storage.commit(build.commit([child, one, ...many])));
      await expectEdges(
        storage,
        one,
        ordered.flatMap((field) => ordered.map((slot): [string, string, typeof child] => [field, slot, child])),
      );
      const edges = ordered.map((slot) => ({ field: "list", slot, child: child.ecsId }));
      const loaded = new Map((await storage.loadTrees(many.map(({ ecsId }) => ecsId))).map((version) => [version.ecsId, version]));
      for (const { ecsId } of many) assert.deepEqual(loaded.get(ecsId)?.edges, edges);
    },
  },
  {
    name: "appending, inserting, replacing and removing leave older versions as they were",
    async check({ storage }) {
      const build = new CommitBuilder();
      const [a, b, c, d] = [build.root(), build.root(), build.root(), build.root()];
      const first = build.root({ edges: [edge("list", "a", a)] });
      const appended = build.next(first, { edges: [edge("list", "c", c)] });
      const inserted = build.next(appended, { edges: [edge("list", "b", b)] });
      const replaced = build.next(inserted, { edges: [edge("list", "b", d)] });
      const removed = build.next(replaced, { edges: [edge("list", "a", null)] });
      const returned = build.next(removed, { edges: [edge("list", "a", b)] });
      const unchanged = build.next(returned);
      await expectCommitted(storage.commit(build.commit([a, b, c, d, first])));
      for (const version of [appended, inserted, replaced, removed, returned, unchanged]) {
        await expectCommitted(storage.commit(build.commit([version])));
      }
      await expectEdges(storage, first, [["list", "a", a]]);
      await expectEdges(storage, appended, [
        ["list", "a", a],
        ["list", "c", c],
      ]);
      await expectEdges(storage, inserted, [
        ["list", "a", a],
        ["list", "b", b],
        ["list", "c", c],
      ]);
      await expectEdges(storage, replaced, [
        ["list", "a", a],
        ["list", "b", d],
        ["list", "c", c],
      ]);
      await expectEdges(storage, removed, [
        ["list", "b", d],
        ["list", "c", c],
      ]);
      await expectEdges(storage, returned, [
        ["list", "a", b],
        ["list", "b", d],
        ["list", "c", c],
      ]);
      await expectEdges(storage, unchanged, [
        ["list", "a", b],
        ["list", "b", d],
        ["list", "c", c],
      ]);
    },
  },
  {
    name: "the same steps in one commit give the same versions",
    async check({ storage }) {
      const build = new CommitBuilder();
      const [a, b] = [build.root(), build.root()];
      const first = build.root({ edges: [edge("one", "", a)] });
      const second = build.next(first, { edges: [edge("one", "", b), edge("list", "x", a)] });
      const third = build.next(second, { edges: [edge("one", "", null), edge("list", "x", null)] });
      const fourth = build.next(third, { edges: [edge("one", "", a)] });
      await expectCommitted(storage.commit(build.commit([a, b, first, second, third, fourth])));
      await expectEdges(storage, first, [["one", "", a]]);
      await expectEdges(storage, second, [
        ["list", "x", a],
        ["one", "", b],
      ]);
      await expectEdges(storage, third, []);
      await expectEdges(storage, fourth, [["one", "", a]]);
    },
  },
  {
    name: "emptying an empty slot and filling a slot with what it holds change nothing",
    async check({ storage }) {
      const build = new CommitBuilder();
      const child = build.root();
      const first = build.root({ edges: [edge("a", "", child), edge("b", "", null)] });
      const second = build.next(first, { edges: [edge("a", "", child), edge("b", "", null), edge("c", "", null)] });
      await expectCommitted(storage.commit(build.commit([child, first])));
      await expectCommitted(storage.commit(build.commit([second])));
      await expectEdges(storage, first, [["a", "", child]]);
      await expectEdges(storage, second, [["a", "", child]]);
    },
  },
  {
    name: "a tree holds each reachable version once: shared, nested, cyclic, and its own child's ancestor",
    async check({ storage }) {
      const build = new CommitBuilder();
      const leaf = build.root();
      const left = build.root({ edges: [edge("leaf", "", leaf)] });
      const right = build.root({ edges: [edge("leaf", "", leaf)] });
      const top = build.root({ edges: [edge("left", "", left), edge("right", "", right)] });
      const outside = build.root({ edges: [edge("top", "", top)] });
      const a = { ...build.root(), edges: [] };
      const b = build.root({ edges: [edge("a", "", a)] });
      const cyclic = { ...a, edges: [edge("b", "", b), edge("self", "", a)] };
      await expectCommitted(storage.commit(build.commit([top, left, right, leaf, outside, cyclic, b])));
      expectSameIds(await storage.loadTrees([top.ecsId]), [leaf, left, right, top]);
      expectSameIds(await storage.loadTrees([a.ecsId]), [a, b]);
      expectSameIds(await storage.loadTrees([b.ecsId, left.ecsId, leaf.ecsId, b.ecsId]), [a, b, leaf, left]);
      const later = build.next(leaf, { edges: [edge("past", "", leaf)] });
      await expectCommitted(storage.commit(build.commit([later])));
      expectSameIds(await storage.loadTrees([later.ecsId]), [leaf, later]);
    },
  },
  {
    name: "a tree of three hundred levels loads",
    async check({ storage }) {
      const build = new CommitBuilder();
      const versions = [build.root({ payload: { level: 0 } })];
      for (let level = 1; level < 300; level += 1) {
        const below = versions.at(-1);
        assert.ok(below);
        versions.push(build.root({ payload: { level }, edges: [edge("below", "", below)] }));
      }
      await expectCommitted(storage.commit(build.commit(versions)));
      const top = versions.at(-1);
      assert.ok(top);
      expectSameIds(await storage.loadTrees([top.ecsId]), versions);
    },
  },
  {
    name: "a list of a thousand, changed all over, reads back in order at every version",
    async check({ storage }) {
      const build = new CommitBuilder();
      const child = build.root();
      const all = Array.from({ length: 1_000 }, (_, index) => edge("list", slot(index), child));
      const first = build.root({ edges: all });
      const second = build.next(first, {
        edges: all.map(({ field, slot: key }, index) => edge(field, key, index % 3 === 0 ? null : child)),
      });
      await expectCommitted(storage.commit(build.commit([child, first])));
      await expectCommitted(storage.commit(build.commit([second])));
      await expectEdges(
        storage,
        first,
        all.map((held) => [held.field, held.slot, child]),
      );
      await expectEdges(
        storage,
        second,
        all.filter((_, index) => index % 3 !== 0).map((held) => [held.field, held.slot, child]),
      );
    },
  },
];
