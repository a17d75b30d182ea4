import assert from "node:assert/strict";
import { type EntityStorage, exportHistory, importHistory } from "@minference/ecs";
import { CommitBuilder, edge } from "../commit-builder.ts";
import { canonical, expectCommitted, expectSameIds, expectStorageError } from "../expectations.ts";
import type { Law } from "../law.ts";
import { NaiveStorage } from "../naive-storage.ts";

/** Histories that leave one store and enter another. */
export const historyLaws: readonly Law[] = [
  {
    name: "an exported history is the same in another store, and comes back to the first unchanged",
    async check({ storage }) {
      const { lineageId, bystander } = await fill(storage);
      const lines = await Array.fromAsync(exportHistory(storage, lineageId));
      const other = new NaiveStorage();
      const report = await importHistory(other, lines);
      assert.deepEqual(report, { lineageId, imported: 10, known: 0 });
      assert.deepEqual(await Array.fromAsync(exportHistory(other, lineageId)), lines);
      const ids = (await storage.lineage(lineageId)).map(({ ecsId }) => ecsId);
      assert.deepEqual(await other.lineage(lineageId), await storage.lineage(lineageId));
      assert.deepEqual(await other.heads(lineageId), await storage.heads(lineageId));
      assert.deepEqual(canonical(await other.loadTrees(ids)), canonical(await storage.loadTrees(ids)));
      assert.deepEqual(await other.loadHeaders([bystander]), []);
      const before = await storage.statistics();
      assert.deepEqual(await importHistory(storage, lines), { lineageId, imported: 0, known: 10 });
      assert.deepEqual(await storage.statistics(), before);
    },
  },
  {
    name: "a history is imported from another store, in parts and over what is there",
    async check({ storage }) {
      const source = new NaiveStorage();
      const { lineageId, child } = await fill(source);
      const whole = await Array.fromAsync(exportHistory(source, lineageId));
      const part = await Array.fromAsync(exportHistory(source, child.lineageId));
      assert.equal((await importHistory(storage, part)).imported, 2);
      assert.deepEqual(await importHistory(storage, whole), { lineageId, imported: 8, known: 2 });
      assert.deepEqual(
        canonical(await trees(storage, lineageId)).map(withoutCommit),
        canonical(await trees(source, lineageId)).map(withoutCommit),
      );
      const build = new CommitBuilder(7);
      const [head] = await storage.heads(lineageId);
      assert.ok(head);
      await expectCommitted(storage.commit(build.commit([build.next(head)])));
      await importHistory(storage, whole);
      assert.deepEqual(await storage.verify(), []);
    },
  },
  {
    name: "an export that does not check out is refused before anything is stored",
    async check({ storage }) {
      const source = new NaiveStorage();
      const { lineageId } = await fill(source);
      const lines = await Array.fromAsync(exportHistory(source, lineageId));
      const bad: readonly (readonly string[])[] = [
        [],
        ["{}"],
        lines.slice(1),
        lines.slice(0, -1),
        lines.toSpliced(2, 1),
        [...lines, lines[1] ?? ""],
        lines.map((line) => line.replace("shared", "forged")),
        [lines[0] ?? "", lines[2] ?? "", lines[1] ?? "", ...lines.slice(3)],
        ["not JSON", ...lines.slice(1)],
        lines.map((line) => line.replace('"redacted":[]', `"redacted":["${lineageId}"]`)),
      ];
      for (const each of bad) await expectStorageError(importHistory(storage, each), "corrupt");
      await expectStorageError(
        importHistory(
          storage,
          lines.map((line) => line.replace('"version":1', '"version":2')),
        ),
        "newer_store",
      );
      assert.equal((await storage.statistics()).versions, 0);
      const build = new CommitBuilder();
      const clash = { ...build.root(), ecsId: (await source.lineage(lineageId))[0]?.ecsId ?? "" };
      await expectCommitted(storage.commit(build.commit([clash])));
      await expectStorageError(importHistory(storage, lines), "duplicate_id");
      assert.equal((await storage.statistics()).versions, 1);
      await expectStorageError(Array.fromAsync(exportHistory(storage, build.id())), "unknown_version");
    },
  },
  {
    name: "a pruned and redacted history is exported as it is",
    async check({ storage }) {
      const { lineageId, child } = await fill(storage);
      await storage.prune({ keepLast: 1 });
      await storage.redact(child.lineageId);
      const lines = await Array.fromAsync(exportHistory(storage, lineageId));
      const other = new NaiveStorage();
      await importHistory(other, lines);
      const [here, there] = [await storage.lineage(lineageId), await other.lineage(lineageId)];
      expectSameIds(there, here);
      const ids = here.map(({ ecsId }) => ecsId);
      assert.deepEqual(canonical(await other.loadTrees(ids)), canonical(await storage.loadTrees(ids)));
      assert.deepEqual(await other.verify(), []);
    },
  },
  {
    name: "what was redacted elsewhere takes no contents away here: it is redacted here first",
    async check({ storage }) {
      const source = new NaiveStorage();
      const { lineageId, child } = await fill(source);
      await importHistory(storage, await Array.fromAsync(exportHistory(source, lineageId)));
      await source.redact(child.lineageId);
      const lines = await Array.fromAsync(exportHistory(source, lineageId));
      await expectStorageError(importHistory(storage, lines), "redacted");
      const [version] = await storage.loadVersions([child.ecsId]);
      assert.deepEqual(version?.payload, child.payload);
      await storage.redact(child.lineageId);
      assert.deepEqual(await importHistory(storage, lines), { lineageId, imported: 0, known: 10 });
      const other = new NaiveStorage();
      await importHistory(other, lines);
      assert.deepEqual(await importHistory(other, lines), { lineageId, imported: 0, known: 10 });
    },
  },
  {
    name: "commits of any year are exported and imported",
    async check({ storage }) {
      const build = new CommitBuilder();
      const first = build.root();
      await expectCommitted(storage.commit(build.commit([first], { createdAt: new Date("-001234-05-06T07:08:09.010Z") })));
      const next = build.next(first);
      await expectCommitted(storage.commit(build.commit([next], { createdAt: new Date("+012345-01-02T03:04:05.006Z") })));
      const target = new NaiveStorage();
      await importHistory(target, await Array.fromAsync(exportHistory(storage, first.lineageId)));
      assert.deepEqual(await target.lineage(first.lineageId), await storage.lineage(first.lineageId));
    },
  },
  {
    name: "what was merged from another lineage is exported with it",
    async check({ storage }) {
      const build = new CommitBuilder();
      const [other, first] = [build.root({ payload: { from: "other" } }), build.root()];
      const merge = build.next(first, { mergeParentId: other.ecsId });
      await expectCommitted(storage.commit(build.commit([other])));
      await expectCommitted(storage.commit(build.commit([first, merge])));
      const target = new NaiveStorage();
      const report = await importHistory(target, await Array.fromAsync(exportHistory(storage, first.lineageId)));
      assert.equal(report.imported, 3);
      assert.deepEqual(await target.lineage(first.lineageId), await storage.lineage(first.lineageId));
      assert.deepEqual(await target.lineage(other.lineageId), await storage.lineage(other.lineageId));
    },
  },
  {
    name: "a history that is pruned while it is exported is exported whole, as it is then",
    async check({ storage }) {
      const { lineageId } = await fill(storage);
      let isPruned = false;
      const pruning = new Proxy(storage, {
        get(target, key) {
          const value: unknown = Reflect.get(target, key, target);
          if (typeof value !== "function") return value;
          return async (...args: unknown[]): Promise<unknown> => {
            const found: unknown = await Reflect.apply(value, target, args);
            if (key === "loadChanges" && !isPruned) {
              isPruned = true;
              await target.prune({ keepLast: 1 });
            }
            return found;
          };
        },
      });
      const lines = await Array.fromAsync(exportHistory(pruning, lineageId));
      assert.ok(isPruned);
      const target = new NaiveStorage();
      await importHistory(target, lines);
      expectSameIds(await target.lineage(lineageId), await storage.lineage(lineageId));
      assert.deepEqual(await target.verify(), []);
    },
  },
];

/** Stores a lineage of seven versions on three chains with what they hold, and something else. */
async function fill(storage: EntityStorage) {
  const build = new CommitBuilder();
  const child = build.root({ payload: { text: "child", nested: JSON.parse('{"__proto__": [1, "é\\u0000\\ud800", null]}') } });
  const leaf = build.root();
  const first = build.root({ payload: { text: "shared" }, edges: [edge("list", "a", child), edge("leaf", "", leaf)] });
  const bystander = build.root({ edges: [edge("of", "", first)] });
  await expectCommitted(
    storage.commit(build.commit([child, leaf, first, bystander], { actor: "me", message: "begin", idempotencyKey: "key" })),
  );
  const childNext = build.next(child, { payload: { text: "changed" } });
  const second = build.next(first, { edges: [edge("list", "a", childNext), edge("list", "b", leaf)] });
  await expectCommitted(storage.commit(build.commit([childNext, second])));
  const third = build.next(second, { payload: { text: "own" }, edges: [edge("leaf", "", null)] });
  const branch = build.next(first, { onStaleParent: "branch", edges: [edge("list", "a", null)] });
  await expectCommitted(storage.commit(build.commit([third])));
  await expectCommitted(storage.commit(build.commit([branch])));
  const branchNext = build.next(branch, { edges: [edge("list", "c", leaf)] });
  const twig = build.next(branch, { onStaleParent: "branch" });
  await expectCommitted(storage.commit(build.commit([branchNext, twig])));
  const merge = build.next(third, { mergeParentId: branchNext.ecsId, edges: [edge("list", "c", leaf)] });
  await expectCommitted(storage.commit(build.commit([merge])));
  return { lineageId: first.lineageId, child, bystander: bystander.ecsId };
}

async function trees(storage: EntityStorage, lineageId: string) {
  return storage.loadTrees((await storage.lineage(lineageId)).map(({ ecsId }) => ecsId));
}

function withoutCommit(version: unknown): unknown {
  return typeof version === "object" && version !== null ? { ...version, commitId: null } : version;
}
