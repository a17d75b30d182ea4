import { CommitBuilder, edge } from "@minference/storage-conformance";
import { describe, expect, test } from "vitest";
import { testDatabases } from "./databases.ts";

/** Makes a store what it was before retention came. */
const back = `
  drop index edge_child; drop index chain_fork_point; drop index version_payload; drop index version_merge_parent; drop table tag;
  alter table version drop column checksum; alter table version drop column holds_nothing; alter table chain drop column redacted;
  drop table typed_table; delete from minference_migration where name > '002'`;

describe.each(await testDatabases())("a store of an older version on $name", ({ newStore }) => {
  test("is brought up to date with what it holds, once, by whoever opens it", async () => {
    const store = newStore();
    const build = new CommitBuilder();
    const child = build.root({ payload: { text: "old" } });
    const first = build.root({ edges: [edge("child", "", child)] });
    const versions = [child, first, build.next(first), build.next(first, { onStaleParent: "branch" })];
    const old = await store.open();
    await old.commit(build.commit(versions));
    const ids = versions.map(({ ecsId }) => ecsId);
    const before = await old.loadVersions(ids);
    await old.close();
    await store.tamper(back);

    const opened = await Promise.all(Array.from({ length: 5 }, () => store.open()));
    const [storage] = opened;
    expect(await storage?.loadVersions(ids)).toEqual(before);
    expect(await storage?.verify()).toEqual([]);
    const next = build.next(first, { onStaleParent: "branch", payload: { text: "new" } });
    expect(await storage?.commit(build.commit([next]))).toEqual({ status: "committed" });
    expect(await storage?.prune({ keepLast: 1 })).toEqual({ pruned: 0, kept: 5 });
    await storage?.tag("old", child.ecsId);
    expect(await storage?.redact(child.lineageId)).toBe(1);
    expect(await storage?.verify()).toEqual([]);
    await Promise.all(opened.map((each) => each.close()));
  });
});
