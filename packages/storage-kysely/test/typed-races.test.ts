import { Entity, type ListQuery } from "@minference/ecs";
import { CommitBuilder } from "@minference/storage-conformance";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { KyselyStorage } from "../src/kysely-storage.ts";
import type { SqlEngine } from "../src/query/sql-engine.ts";
import { verifyTables } from "../src/tables/verify-tables.ts";
import { testDatabases } from "./databases.ts";
import { type Interruption, interrupt } from "./interrupt.ts";

class Item extends Entity.define("Item", { code: z.string().meta({ indexed: true }) }) {}
class Part extends Item.extend("Part", {}) {}

class WithDefault extends Entity.define("Thing", { a: z.string(), b: z.string().default("x") }) {}
class OtherDefault extends Entity.define("Thing", { a: z.string(), b: z.string().default("y") }) {}
class OtherColumns extends Entity.define("Thing", { b: z.string().default("x") }) {}

class Narrow extends Entity.define("Thing", { a: z.string() }) {}
class Wide extends Entity.define("Thing", { a: z.string(), b: z.string().nullable().default(null) }) {}

/** Opens a storage on an engine that is interrupted. */
function interrupted(engine: SqlEngine, ...how: Interruption): KyselyStorage {
  interrupt(engine, ...how);
  return new KyselyStorage(engine, { durable: true, sharedBetweenProcesses: true });
}

describe.each(await testDatabases())("typed tables that several processes change, on $name", ({ newStore }) => {
  test("are filled as their class says, also where another began to fill one for another class", async () => {
    const store = newStore();
    const storage = await store.open();
    const build = new CommitBuilder();
    const versions = Array.from({ length: 900 }, (_, index) => build.root({ payload: { a: `a${index}`, b: `b${index}` } }));
    await storage.commit(build.commit(versions));
    const hasBegun = Promise.withResolvers<void>();
    const isDone = Promise.withResolvers<void>();
    const second = interrupted(store.openEngine(), "maintenance", 3, () => {
      hasBegun.resolve();
      return isDone.promise;
    });
    let migrated: Promise<unknown> = Promise.resolve();
    const first = interrupted(store.openEngine(), "maintenance", 3, () => {
      migrated = second.migrateTables({ tables: [Wide] });
      return hasBegun.promise;
    });
    await expect(first.migrateTables({ tables: [Narrow] })).rejects.toMatchObject({ code: "busy" });
    isDone.resolve();
    await migrated;
    expect(await storage.typedTables()).toEqual([{ name: "thing", types: ["Thing"], rows: 900, isWhole: true }]);
    expect(await store.query("select * from thing where b is null")).toEqual([]);
    expect(await storage.verify()).toEqual([]);
    await Promise.all([storage, first, second].map((each) => each.close()));
  });

  test("lead to what is asked for, also after another process took one away and made it again", async () => {
    const store = newStore();
    const storage = await store.open({ tables: [Item, Part] });
    const build = new CommitBuilder();
    await storage.commit(build.commit(["Item", "Part"].map((type) => build.root({ type, payload: { code: "1" } }))));
    const query: ListQuery = { types: ["Part"], versions: "heads", where: [{ field: "code", operator: "=", value: "1" }], limit: 9 };
    expect((await storage.list(query)).items).toHaveLength(1);
    const other = await store.open();
    await other.dropTables(["item"]);
    await other.migrateTables({ tables: [Item] });
    expect((await storage.list(query)).items).toHaveLength(1);
    await Promise.all([storage, other].map((each) => each.close()));
  });

  test.each([1, 2, 3])(
    "lead to what is asked for where one is made again for other classes before turn %i of the reading",
    async (turn) => {
      const store = newStore();
      const storage = await store.open({ tables: [Item, Part] });
      const build = new CommitBuilder();
      await storage.commit(build.commit(["Item", "Part"].map((type) => build.root({ type, payload: { code: "1" } }))));
      const replace = async (): Promise<void> => {
        await storage.dropTables(["item"]);
        await storage.migrateTables({ tables: [Item] });
      };
      const reading = interrupted(store.openEngine(), "readings", turn, replace);
      const query: ListQuery = { types: ["Part"], versions: "heads", where: [{ field: "code", operator: "=", value: "1" }], limit: 9 };
      for (let again = 0; again < 2; again += 1) expect((await reading.list(query)).items).toHaveLength(1);
      await Promise.all([storage, reading].map((each) => each.close()));
    },
  );

  test.each([
    ["given another default", [OtherDefault]],
    ["given other columns", [OtherColumns]],
    ["taken away", []],
  ])("are verified as they are, where one is %s meanwhile", async (_, tables) => {
    const store = newStore();
    const storage = await store.open({ tables: [WithDefault] });
    const build = new CommitBuilder();
    await storage.commit(build.commit(Array.from({ length: 2_500 }, () => build.root({ payload: { a: "a" } }))));
    const engine = store.openEngine();
    const turns = [2, 3, 4, 5, 6];
    for (const turn of turns) {
      let reads = 0;
      const found = await verifyTables(
        engine.dialect.tables,
        async (work) => {
          reads += 1;
          if (reads === turn && tables.length === 0) await storage.dropTables(["thing"]);
          else if (reads === turn) await storage.migrateTables({ tables: turn % 2 === 0 ? tables : [WithDefault] }, { rebuild: true });
          return engine.read(work);
        },
        9,
      );
      expect(found).toEqual([]);
      if (tables.length === 0) await storage.migrateTables({ tables: [WithDefault] });
    }
    await engine.close();
    await storage.close();
  });
});
