import { randomInt } from "node:crypto";
import { join } from "node:path";
import { CommitBuilder } from "@minference/storage-conformance";
import { startPostgres, testDatabase } from "@minference/tooling-postgres";
import { describe, expect, onTestFinished, test } from "vitest";
import { openPostgres } from "../src/postgres/index.ts";
import { openSqlite } from "../src/sqlite/index.ts";
import { testDirectory } from "./databases.ts";
import { runWriter } from "./writer-process.ts";

/** `MINFERENCE_ENDURANCE=full` runs what takes minutes; the suite runs the same in small. */
const isFull = process.env["MINFERENCE_ENDURANCE"] === "full";
const { openers, processes, appends, kills, stops } = isFull
  ? { openers: 10, processes: 8, appends: 1_000, kills: 200, stops: 20 }
  : { openers: 3, processes: 2, appends: 60, kills: 2, stops: 1 };
const timeout = 900_000;

const directory = testDirectory();
const targets = [
  { name: "SQLite", target: join(directory, "endurance.db"), fresh: join(directory, "fresh.db"), open: openSqlite },
  { name: "Postgres", target: await testDatabase(), fresh: await testDatabase(), open: openPostgres },
];

describe.each(targets)("on $name", ({ target, fresh, open }) => {
  test(`${openers} processes that open one new store at once make it once`, { timeout }, async () => {
    const build = new CommitBuilder();
    const task = { target: fresh, from: [build.root()], count: 0, policy: "branch" } as const;
    const opened = await Promise.all(Array.from({ length: openers }, () => runWriter(task)));
    expect(opened.map(({ exitCode, errors }) => ({ exitCode, errors }))).toEqual(opened.map(() => ({ exitCode: 0, errors: "" })));
    const storage = await open(fresh);
    expect(await storage.commit(build.commit([build.root()]))).toEqual({ status: "committed" });
    expect(await storage.verify()).toEqual([]);
    await storage.close();
  });

  test.each(["branch", "reject"] as const)(
    "processes that write to the same three lineages lose nothing (%s)",
    { timeout },
    async (policy) => {
      const storage = await open(target);
      const build = new CommitBuilder(policy === "branch" ? 101 : 102);
      const roots = [build.root(), build.root(), build.root()];
      await storage.commit(build.commit(roots));
      const task = { target, from: roots, count: appends, policy };
      const written = await Promise.all(Array.from({ length: processes }, () => runWriter(task)));
      expect(written.map(({ errors }) => errors).join("")).toBe("");
      const stored = written.flatMap((each) => each.stored);
      const conflicts = written.flatMap((each) => each.conflicts);
      expect(stored.length + conflicts.length).toBe(processes * appends);
      if (policy === "branch") expect(conflicts).toEqual([]);
      const lineages = await Promise.all(roots.map(({ lineageId }) => storage.lineage(lineageId)));
      expect(
        lineages
          .flat()
          .map(({ ecsId }) => ecsId)
          .toSorted(),
      ).toEqual([...roots.map(({ ecsId }) => ecsId), ...stored].toSorted());
      if (policy === "reject") for (const { lineageId } of roots) expect(await storage.heads(lineageId)).toHaveLength(1);
      expect(await storage.verify()).toEqual([]);
      await storage.close();
    },
  );

  test(`what was acknowledged outlives ${kills} kills at random moments`, { timeout }, async () => {
    const build = new CommitBuilder(103);
    const root = build.root();
    const first = await open(target);
    await first.commit(build.commit([root]));
    await first.close();
    let from = root;
    let known = 1;
    for (let kill = 0; kill < kills; kill += 1) {
      const { stored } = await runWriter({ target, from: [from], count: 100_000, policy: "branch", killAfter: randomInt(1, 30) });
      const storage = await open(target);
      const lineage = await storage.lineage(root.lineageId);
      expect(new Set(lineage.map(({ ecsId }) => ecsId)).isSupersetOf(new Set(stored))).toBe(true);
      expect(lineage.length - known - stored.length).toBeLessThanOrEqual(1);
      if (kill % 10 === 0 || kill === kills - 1) expect(await storage.verify()).toEqual([]);
      known = lineage.length;
      from = { ...root, ecsId: lineage.at(-1)?.ecsId ?? root.ecsId };
      await storage.close();
    }
  });
});

test(`what was acknowledged outlives ${stops} immediate stops of Postgres`, { timeout }, async () => {
  const server = await startPostgres();
  onTestFinished(() => server.stop());
  const build = new CommitBuilder(104);
  const root = build.root();
  const first = await openPostgres(server.url);
  await first.commit(build.commit([root]));
  await first.close();
  let from = root;
  let known = 1;
  for (let stop = 0; stop < stops; stop += 1) {
    let crashed: Promise<void> | undefined;
    const onStored = (count: number) => {
      if (count >= 5 + (stop % 7)) crashed ??= server.crash();
    };
    const { stored } = await runWriter({ target: server.url, from: [from], count: 100_000, policy: "branch", onStored });
    await crashed;
    await server.restart();
    const storage = await openPostgres(server.url);
    const lineage = await storage.lineage(root.lineageId);
    expect(new Set(lineage.map(({ ecsId }) => ecsId)).isSupersetOf(new Set(stored))).toBe(true);
    expect(lineage.length - known - stored.length).toBeLessThanOrEqual(1);
    expect(await storage.verify()).toEqual([]);
    known = lineage.length;
    from = { ...root, ecsId: lineage.at(-1)?.ecsId ?? root.ecsId };
    await storage.close();
  }
});
