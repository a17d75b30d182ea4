import { setTimeout } from "node:timers/promises";
import type { NewVersion } from "@minference/ecs";
import { CommitBuilder, edge } from "@minference/storage-conformance";
import { describe, expect, test } from "vitest";
import { KyselyStorage } from "../src/kysely-storage.ts";
import { testDatabases } from "./databases.ts";
import { interrupt } from "./interrupt.ts";
import { ObservedEngine } from "./observed-engine.ts";

const capabilities = { durable: true, sharedBetweenProcesses: true };

/** A line of versions that share a payload, each with a child of its own. */
function line(build: CommitBuilder, length: number): NewVersion[] {
  const child = build.root();
  const versions = [child, build.root({ payload: { text: "shared" }, edges: [edge("list", "0", child)] })];
  for (let index = 1; index < length; index += 1) {
    const tip = versions.at(-1);
    if (tip !== undefined) versions.push(build.next(tip, { edges: [edge("list", String(index % 7), index % 3 === 0 ? null : child)] }));
  }
  return versions;
}

const databases = await testDatabases();

describe.each(databases)("pruning on $name", ({ newStore }) => {
  test("takes little at a time, so that writers come in between, and moves a payload that thousands share", async () => {
    const store = newStore();
    await (await store.open()).close();
    const sizes: number[] = [];
    const moves: number[] = [];
    const engine = new ObservedEngine(store.openEngine(), ({ name, parameters }) => {
      const lengths = name === "prune_drop_versions" ? sizes : name === "prune_share" ? moves : null;
      const [first] = parameters;
      lengths?.push(typeof first === "string" ? JSON.parse(first).length : Array.isArray(first) ? first.length : 0);
    });
    const storage = new KyselyStorage(engine, capabilities);
    const versions = line(new CommitBuilder(), 3_000);
    await storage.commit(new CommitBuilder(2).commit(versions));
    expect(await storage.prune({ keepLast: 1_500 })).toEqual({ pruned: 1_500, kept: 1_501 });
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100);
    expect(Math.max(...moves)).toBeLessThanOrEqual(200);
    const { payloads } = await storage.statistics();
    expect(payloads).toBe(2);
    expect(await storage.verify()).toEqual([]);
    const [oldest, newest] = await storage.loadVersions([versions.at(-1_500)?.ecsId ?? "", versions.at(-1)?.ecsId ?? ""]);
    expect([oldest?.payload, newest?.payload]).toEqual([{ text: "shared" }, { text: "shared" }]);
    await storage.close();
  });

  test("what came to be needed after it was planned stays", async () => {
    const store = newStore();
    await (await store.open()).close();
    const engine = store.openEngine();
    const storage = new KyselyStorage(engine, capabilities);
    const build = new CommitBuilder(2);
    const versions = line(build, 12);
    const [merged, tagged, forked, held, ...others] = versions.slice(1);
    const head = others.at(-1);
    if (merged === undefined || tagged === undefined || forked === undefined || held === undefined || head === undefined)
      throw new Error("short");
    await storage.commit(build.commit(versions));
    interrupt(engine, "maintenance", 2, async () => {
      await storage.tag("needed", tagged.ecsId);
      const branch = build.next(forked, { onStaleParent: "branch" });
      const holder = build.root({ edges: [edge("child", "", held)] });
      await storage.commit(build.commit([branch, holder, build.next(head, { mergeParentId: merged.ecsId })]));
    });
    expect(await storage.prune({ keepLast: 1 })).toMatchObject({ pruned: 7 });
    const left = await storage.loadVersions([merged, tagged, forked, held].map(({ ecsId }) => ecsId));
    expect(left.map(({ ecsId }) => ecsId)).toEqual([merged, tagged, forked, held].map(({ ecsId }) => ecsId));
    expect(await storage.verify()).toEqual([]);
    await storage.close();
  });

  test("what was merged from stays as long as what came of it, also where that was to go itself", async () => {
    const store = newStore();
    await (await store.open()).close();
    const engine = store.openEngine();
    const storage = new KyselyStorage(engine, capabilities);
    const build = new CommitBuilder();
    const source = build.root();
    const first = build.root();
    const merged = build.next(first, { mergeParentId: source.ecsId });
    await storage.commit(build.commit([source, build.next(source), first, merged, build.next(merged)]));
    interrupt(engine, "maintenance", 2, () => storage.tag("needed", merged.ecsId));
    expect(await storage.prune({ keepLast: 1 })).toEqual({ pruned: 1, kept: 4 });
    expect(await storage.loadHeaders([source.ecsId, merged.ecsId])).toMatchObject([{}, { mergeParentId: source.ecsId }]);
    expect(await storage.verify()).toEqual([]);
    await storage.tag("needed", null);
    expect(await storage.prune({ keepLast: 1 })).toEqual({ pruned: 2, kept: 2 });
    expect(await storage.verify()).toEqual([]);
    await storage.close();
  });

  test("what is stored after the store was cleared stays, whatever ids it has", async () => {
    const store = newStore();
    await (await store.open()).close();
    const engine = store.openEngine();
    const storage = new KyselyStorage(engine, capabilities);
    const other = await store.open();
    await storage.commit(new CommitBuilder(2).commit(line(new CommitBuilder(3), 500)));
    const again = line(new CommitBuilder(4), 300);
    interrupt(engine, "maintenance", 4, async () => {
      await other.clear();
      await other.commit(new CommitBuilder(5).commit(again));
    });
    const { pruned, kept } = await storage.prune({ keepLast: 1 });
    expect([pruned > 0, pruned <= 200, kept]).toEqual([true, true, 0]);
    expect((await storage.statistics()).versions).toBe(again.length);
    expect(await storage.verify()).toEqual([]);
    await Promise.all([storage.close(), other.close()]);
  });

  test("when the driver fails at any statement, the store is sound and pruning can be done again", async () => {
    const store = newStore();
    await (await store.open()).close();
    let countdown = Number.POSITIVE_INFINITY;
    const engine = store.openEngine(() => {
      countdown -= 1;
      if (countdown === 0) throw new Error("the driver failed");
    });
    const storage = new KyselyStorage(engine, capabilities);
    const versions = line(new CommitBuilder(), 40);
    await storage.commit(new CommitBuilder(2).commit(versions));
    const left = versions.slice(-5);
    const before = await storage.loadVersions(left.map(({ ecsId }) => ecsId));
    let failures = 0;
    for (let fault = 1; ; fault += 1) {
      countdown = fault;
      const failed = await storage.prune({ keepLast: 5 }).then(
        () => false,
        () => true,
      );
      countdown = Number.POSITIVE_INFINITY;
      expect(await storage.verify()).toEqual([]);
      if (!failed) break;
      failures += 1;
      expect((await storage.statistics()).versions).toBe(41);
    }
    expect(failures).toBeGreaterThanOrEqual(8);
    expect((await storage.statistics()).versions).toBe(6);
    const after = await storage.loadVersions(left.map(({ ecsId }) => ecsId));
    const contents = (found: typeof after) => new Map(found.map(({ ecsId, payload, edges }) => [ecsId, { payload, edges }]));
    expect(contents(after)).toEqual(contents(before));
    await storage.close();
  });
});

test.each(databases.filter(({ name }) => name === "Postgres"))(
  "a merge that is under way keeps what it is made of on $name",
  async ({ newStore }) => {
    const store = newStore();
    const [writer, pruner] = [await store.open(), await store.open()];
    const build = new CommitBuilder();
    const first = build.root({ payload: { number: 1 } });
    const second = build.next(first, { payload: { number: 2 } });
    const third = build.next(second, { payload: { number: 3 } });
    await writer.commit(build.commit([first, second, third]));
    const merge = build.commit([build.next(third, { mergeParentId: second.ecsId })]);
    // Holds what the merge has to insert, after it took its ids.
    const letGo = await store.hold(`insert into "commit" (id, uuid, created_at) values (-1, '${merge.id}', now())`);
    const merging = writer.commit(merge);
    await setTimeout(300);
    await pruner.commit(build.commit([build.root()]));
    const pruning = pruner.prune({ keepLast: 1 });
    await setTimeout(300);
    await letGo();
    expect(await merging).toEqual({ status: "committed" });
    expect(await pruning).toMatchObject({ pruned: 2 });
    expect(await pruner.verify()).toEqual([]);
    expect(await pruner.loadVersions([merge.versions[0]?.ecsId ?? ""])).toMatchObject([{ mergeParentId: second.ecsId }]);
    await Promise.all([writer.close(), pruner.close()]);
  },
);
