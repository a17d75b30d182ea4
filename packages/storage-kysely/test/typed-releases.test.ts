import { type AnyEntityClass, Entity, ref } from "@minference/ecs";
import { CommitBuilder } from "@minference/storage-conformance";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { testDatabases } from "./databases.ts";

class Part extends Entity.define("Part", {}) {}

/** A class as it was in one release of a program. */
function release(shape: Record<string, z.ZodType>, schemaVersion = 1): AnyEntityClass {
  const upcast = schemaVersion === 1 ? {} : { 1: (payload: object) => ({ ...payload }) };
  return class Task extends Entity.define("Task", shape, { schemaVersion, upcast }) {};
}

describe.each(await testDatabases())("typed tables of two releases, on $name", ({ newStore }) => {
  test("keep what the newer one has when the older one migrates", async () => {
    const older = release({ title: z.string(), state: z.enum(["open", "stuck"]), size: z.int(), gone: z.string().meta({ indexed: true }) });
    const newer = release(
      {
        title: z.string(),
        state: z.enum(["open"]),
        size: z.string(),
        note: z.string().meta({ indexed: true }),
        part: ref(() => Part).nullable(),
        parts: z.array(ref(() => Part)),
      },
      2,
    );
    const store = newStore();
    const storage = await store.open({ tables: [newer] });
    const build = new CommitBuilder();
    const add = (payload: Record<string, string | number>, schemaVersion: number) =>
      storage.commit(build.commit([build.root({ type: "Task", schemaVersion, payload })]));
    await add({ title: "a", state: "open", size: "1", note: "n" }, 2);
    await expect(store.open({ tables: [older] })).rejects.toMatchObject({ code: "outdated_tables" });
    expect(await storage.migrateTables({ tables: [older] })).toMatchObject([{ reasons: ["Task.gone is missing"] }]);
    expect(await storage.migrateTables({ tables: [older] })).toEqual([]);
    for (const tables of [[older], [newer]]) await (await store.open({ tables })).close();
    await add({ title: "b", state: "stuck", size: 2, gone: "g" }, 1);
    await expect(add({ title: "c", state: "stuck", size: "3", note: "n" }, 2)).rejects.toMatchObject({ code: "invalid" });
    expect(await store.query("select title, size, note, gone, part_vid from task_latest order by title")).toEqual([
      { title: "a", size: "1", note: "n", gone: null, part_vid: null },
      { title: "b", size: null, note: null, gone: "g", part_vid: null },
    ]);
    expect(await storage.migrateTables({ tables: [newer] })).toMatchObject([{ reasons: ["Task.gone is no longer a field"] }]);
    expect(await storage.verify()).toEqual([]);
    await storage.close();
  });

  test.each([
    ["with a new schema version", 2],
    ["without one", 1],
  ])("do without a default that is no more, %s", async (_, schemaVersion) => {
    const older = release({ title: z.string(), state: z.string().default("open") });
    const newer = release({ title: z.string(), state: z.string() }, schemaVersion);
    const store = newStore();
    const storage = await store.open({ tables: [older] });
    const build = new CommitBuilder();
    const add = (payload: Record<string, string>, version: number) =>
      storage.commit(build.commit([build.root({ type: "Task", schemaVersion: version, payload })]));
    await add({ title: "a" }, 1);
    await add({ title: "b", state: "done" }, 1);
    await storage.migrateTables({ tables: [newer] }, { rebuild: true });
    expect(await storage.migrateTables({ tables: [newer] })).toEqual([]);
    await add({ title: "c" }, 1);
    await add({ title: "d", state: "open" }, schemaVersion);
    if (schemaVersion === 2) await expect(add({ title: "e" }, 2)).rejects.toMatchObject({ code: "invalid" });
    expect(await store.query("select title, state from task order by title")).toEqual([
      { title: "a", state: null },
      { title: "b", state: "done" },
      { title: "c", state: null },
      { title: "d", state: "open" },
    ]);
    expect(await storage.verify()).toEqual([]);
    await storage.close();
  });
});
