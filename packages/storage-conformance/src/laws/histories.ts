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
