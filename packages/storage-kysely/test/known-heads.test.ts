import { CommitBuilder, edge } from "@minference/storage-conformance";
import { describe, expect, test } from "vitest";
import { KyselyStorage } from "../src/kysely-storage.ts";
import { testDatabases } from "./databases.ts";
import { ObservedEngine } from "./observed-engine.ts";

/** A child, a version that holds it and the next one of that, which shares its content, stored by one of two who have the store open. */
async function twoWriters(newStore: Awaited<ReturnType<typeof testDatabases>>[number]["newStore"]) {
  const store = newStore();
  const ours = await store.open();
  const theirs = await store.open();
  const build = new CommitBuilder();
  const child = build.root({ payload: { text: "child" } });
  const first = build.root({ payload: { text: "kept" }, edges: [edge("list", "a", child)] });
  const head = build.next(first);
  await ours.commit(build.commit([child, first, head]));
  const close = () => Promise.all([ours.close(), theirs.close()]);
  return { build, child, close, first, head, ours, theirs };
}

describe.each(await testDatabases())("heads that a writer on $name knows", ({ name, newStore }) => {
  test("are gone on from when nobody else wrote, in one step where a look costs a round trip", async () => {
    const store = newStore();
    await (await store.open()).close();
    const asked: string[] = [];
    let statements = 0;
    const count = (): void => {
      statements += 1;
    };
    const engine = new ObservedEngine(store.openEngine(count), (request) => asked.push(request.name));
    const storage = new KyselyStorage(engine, { durable: true, sharedBetweenProcesses: true });
    const build = new CommitBuilder();
    let tip = build.root();
    await storage.commit(build.commit([tip]));
    for (let length = 2; length < 20; length += 1) {
      asked.length = 0;
      statements = 0;
      const added = build.root();
      tip = build.next(tip, { edges: [edge("list", String(length).padStart(2, "0"), added)] });
      expect(await storage.commit(build.commit([added, tip]))).toEqual({ status: "committed" });
      if (name === "Postgres") {
        expect(asked).not.toContain("parents");
        expect(statements).toBe(3);
      }
    }
    const [stored] = await storage.loadVersions([tip.ecsId]);
    expect(stored?.edges).toHaveLength(18);
    expect(await storage.verify()).toEqual([]);
    await storage.close();
  });

  test("may have been gone on from by others: that is a conflict, or a branch", async () => {
    const { build, close, head, ours, theirs } = await twoWriters(newStore);
    const other = build.next(head);
    await theirs.commit(build.commit([other]));
    const refused = await ours.commit(build.commit([build.next(head)]));
    expect(refused).toMatchObject({ status: "conflict", conflicts: [{ parentId: head.ecsId, headId: other.ecsId }] });
    const branch = build.next(head, { onStaleParent: "branch" });
    expect(await ours.commit(build.commit([branch]))).toEqual({ status: "committed" });
    expect((await theirs.heads(head.lineageId)).map(({ ecsId }) => ecsId)).toEqual([other.ecsId, branch.ecsId]);
    await close();
  });

  test("may have been redacted", async () => {
    const { build, close, head, ours, theirs } = await twoWriters(newStore);
    await theirs.redact(head.lineageId);
    await expect(ours.commit(build.commit([build.next(head)]))).rejects.toMatchObject({ code: "redacted" });
    expect(await ours.verify()).toEqual([]);
    await close();
  });

  test("may hold what they shared with versions that were pruned", async () => {
    const { build, child, close, head, ours, theirs } = await twoWriters(newStore);
    expect((await theirs.prune({ keepLast: 1 })).pruned).toBe(1);
    const next = build.next(head);
    expect(await ours.commit(build.commit([next]))).toEqual({ status: "committed" });
    expect(await theirs.loadTrees([next.ecsId])).toMatchObject([
      { ecsId: next.ecsId, payload: { text: "kept" }, edges: [{ child: child.ecsId }] },
      { ecsId: child.ecsId },
    ]);
    expect(await theirs.verify()).toEqual([]);
    await close();
  });

  test("may be heads no more although nothing follows them any more", async () => {
    const { build, child, close, first, head, ours, theirs } = await twoWriters(newStore);
    const other = build.next(head, { edges: [edge("list", "a", null)] });
    const last = build.next(other);
    // With what it shares its content with, so that nothing about itself changes.
    await theirs.tag("first", first.ecsId);
    await theirs.tag("head", head.ecsId);
    await theirs.commit(build.commit([other, last]));
    expect((await theirs.prune({ keepLast: 1 })).pruned).toBe(1);
    expect(await ours.commit(build.commit([build.next(head)]))).toMatchObject({ status: "conflict", conflicts: [{ headId: last.ecsId }] });
    const branch = build.next(head, { onStaleParent: "branch" });
    expect(await ours.commit(build.commit([branch]))).toEqual({ status: "committed" });
    expect(await theirs.loadVersions([head.ecsId, branch.ecsId])).toMatchObject([
      { edges: [{ child: child.ecsId }] },
      { edges: [{ child: child.ecsId }] },
    ]);
    expect(await theirs.verify()).toEqual([]);
    await close();
  });

  test("may be gone, as all there was", async () => {
    const { build, child, close, head, ours, theirs } = await twoWriters(newStore);
    await theirs.clear();
    await expect(ours.commit(build.commit([build.next(head)]))).rejects.toMatchObject({ code: "unknown_parent" });
    const holder = build.root({ edges: [edge("list", "a", child)] });
    await expect(ours.commit(build.commit([holder]))).rejects.toMatchObject({ code: "unknown_child" });
    expect(await ours.statistics()).toMatchObject({ commits: 0, versions: 0 });
    await close();
  });

  test("are none for commits of nothing, however many there are", async () => {
    const { build, close, ours } = await twoWriters(newStore);
    const outcomes = await Promise.all(Array.from({ length: 600 }, () => ours.commit(build.commit([]))));
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["committed"]));
    expect((await ours.statistics()).commits).toBe(601);
    await close();
  });

  test("do not keep a commit from being known by its key, whoever stored it", async () => {
    const { build, close, head, ours, theirs } = await twoWriters(newStore);
    const next = build.next(head);
    const commit = build.commit([next], { idempotencyKey: "once" });
    await theirs.commit(commit);
    expect(await ours.commit(build.commit([build.next(head)], { idempotencyKey: "once" }))).toMatchObject({
      status: "duplicate",
      commitId: commit.id,
    });
    await close();
  });
});
