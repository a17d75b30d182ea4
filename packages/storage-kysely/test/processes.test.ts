import { join } from "node:path";
import { CommitBuilder } from "@minference/storage-conformance";
import { testDatabase } from "@minference/tooling-postgres";
import { describe, expect, test } from "vitest";
import { openPostgres } from "../src/postgres/index.ts";
import { openSqlite } from "../src/sqlite/index.ts";
import { testDirectory } from "./databases.ts";
import { runWriter } from "./writer-process.ts";

const directory = testDirectory();
const targets = [
  { name: "SQLite", target: join(directory, "shared.db"), open: openSqlite },
  { name: "Postgres", target: await testDatabase(), open: openPostgres },
];

describe.each(targets)("several processes on one $name", ({ target, open }) => {
  test.each(["branch", "reject"] as const)("with %s every append that was acknowledged is there, and no other", async (policy) => {
    const storage = await open(target);
    const root = new CommitBuilder(policy === "branch" ? 1 : 2).root();
    await storage.commit(new CommitBuilder(policy === "branch" ? 3 : 4).commit([root]));
    const count = 100;
    const written = await Promise.all(Array.from({ length: 3 }, () => runWriter({ target, from: root, count, policy })));
    expect(written.map(({ errors }) => errors)).toEqual(["", "", ""]);
    const stored = written.flatMap((each) => each.stored);
    const conflicts = written.flatMap((each) => each.conflicts);
    expect(stored.length + conflicts.length).toBe(3 * count);
    if (policy === "branch") expect(conflicts).toEqual([]);
    const lineage = await storage.lineage(root.lineageId);
    expect(lineage.map(({ ecsId }) => ecsId).toSorted()).toEqual([root.ecsId, ...stored].toSorted());
    const parents = lineage.map(({ parentId }) => parentId);
    if (policy === "reject") expect(new Set(parents).size).toBe(parents.length);
    await storage.close();
  });

  test("what was acknowledged outlives a process that is killed while it writes", async () => {
    const storage = await open(target);
    const root = new CommitBuilder(5).root();
    await storage.commit(new CommitBuilder(6).commit([root]));
    let from = root;
    let known = 1;
    for (const killAfter of [3, 17]) {
      const { stored, exitCode } = await runWriter({ target, from, count: 100_000, policy: "branch", killAfter });
      expect(exitCode).toBeNull();
      const lineage = await storage.lineage(root.lineageId);
      expect(lineage.map(({ ecsId }) => ecsId)).toEqual(expect.arrayContaining([...stored]));
      // The kill may come between storing a version and saying so.
      expect(lineage.length - known - stored.length).toBeLessThanOrEqual(1);
      known = lineage.length;
      const last = lineage.at(-1);
      from = { ...root, ecsId: last?.ecsId ?? root.ecsId };
      await storage.loadTrees([from.ecsId]);
    }
    await storage.close();
  });
});
