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
});
