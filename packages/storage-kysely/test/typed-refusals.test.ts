import { Entity } from "@minference/ecs";
import { CommitBuilder } from "@minference/storage-conformance";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { testDatabases } from "./databases.ts";

describe.each(await testDatabases())("typed tables that can't be made, on $name", ({ newStore }) => {
  test("leave none of the others half filled", async () => {
    class Alpha extends Entity.define("Alpha", { text: z.string() }) {}
    class Beta extends Entity.define("Beta", { text: z.string() }) {}
    const store = newStore();
    const storage = await store.open();
    const build = new CommitBuilder();
    const odd = build.root({ type: "Alpha", payload: { text: null } });
    await storage.commit(build.commit([build.root({ type: "Beta", payload: { text: "b" } }), odd]));
    for (const tables of [
      [Alpha, Beta],
      [Beta, Alpha],
    ]) {
      await expect(storage.migrateTables({ tables })).rejects.toMatchObject({
        code: "invalid",
        message: expect.stringContaining(odd.ecsId),
      });
      expect(await storage.typedTables()).toEqual([]);
    }
    await storage.commit(build.commit([build.root({ type: "Beta", payload: { text: null } })]));
    expect(await storage.verify()).toEqual([]);
    await storage.close();
  });

  test("are left alone while somebody's own view uses them, which is named", async () => {
    class Thing extends Entity.define("Thing", { text: z.string() }) {}
    class Changed extends Entity.define("Thing", { text: z.string(), more: z.string().nullable().default(null) }) {}
    const store = newStore();
    const storage = await store.open({ tables: [Thing] });
    const build = new CommitBuilder();
    await storage.commit(build.commit([build.root({ payload: { text: "a" } })]));
    for (const view of ["mine as select text from thing_latest", "mine as select m.* from (select 1 as one) as o, thing as m"]) {
      await store.tamper(`create view ${view}`);
      const refused = { code: "invalid", message: expect.stringMatching(/thing can't be .* while \S*mine use/) };
      await expect(storage.migrateTables({ tables: [Changed] })).rejects.toMatchObject(refused);
      await expect(storage.migrateTables({ tables: [Thing] }, { rebuild: true })).rejects.toMatchObject(refused);
      await expect(storage.dropTables(["thing"])).rejects.toMatchObject(refused);
      expect(await storage.typedTables()).toEqual([{ name: "thing", types: ["Thing"], rows: 1, isWhole: true }]);
      await store.tamper("drop view mine");
    }
    await store.tamper("create view other as select type as thing from chain; drop view thing_latest");
    expect(await storage.migrateTables({ tables: [Changed] })).toHaveLength(1);
    expect(await store.query("select text, more from thing_latest")).toEqual([{ text: "a", more: null }]);
    expect(await storage.verify()).toEqual([]);
    await store.tamper("drop view thing_versions");
    expect(await storage.dropTables(["thing"])).toEqual(["thing"]);
    await storage.close();
  });
});
