import { type AnyEntityClass, Entity, ref } from "@minference/ecs";
import { CommitBuilder } from "@minference/storage-conformance";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { testDatabases } from "./databases.ts";

class Held extends Entity.define("Held", {}) {}

function classOf(name: string): AnyEntityClass {
  return class extends Entity.define(name, { text: z.string() }) {};
}

describe.each(await testDatabases())("names of typed tables on $name", ({ name, newStore }) => {
  test("are none that the store has itself", async () => {
    const store = newStore();
    await (await store.open()).close();
    const relations = await store.query(
      name === "SQLite"
        ? "select name from sqlite_schema where name not like 'sqlite_%'"
        : "select relname as name from pg_class where relnamespace = current_schema()::regnamespace",
    );
    const own = relations.map((relation) => String(relation["name"])).filter((relation) => !relation.startsWith("minference_"));
    expect(own).toEqual(expect.arrayContaining(["version", "chain_type", "edge_child"]));
    class Edge extends Entity.define("Edge", { child: z.array(ref(() => Held)).default([]) }) {}
    const storage = await store.open({ tables: [...own.filter((relation) => relation !== "edge").map(classOf), Edge] });
    expect(await storage.typedTables()).toHaveLength(own.length);
    await storage.close();
  });

  test.each(["Bounds", "Actual", "Expected", "New", "Old", "Added", "Removed", "JsonEach", "Line", "Found", "TypedRow"])(
    "may be what statements call something else: %s",
    async (type) => {
      const store = newStore();
      const storage = await store.open({ tables: [classOf(type)] });
      const build = new CommitBuilder();
      const root = build.root({ type, payload: { text: "1" } });
      const middle = build.next(root, { payload: { text: "2" } });
      const last = build.next(middle, { payload: { text: "3" } });
      const other = build.root({ type, payload: { text: "4" } });
      await storage.commit(build.commit([root, middle, last, other]));
      expect(await storage.prune({ keepLast: 2 })).toMatchObject({ pruned: 1 });
      await storage.redact(other.lineageId);
      expect(await storage.typedTables()).toMatchObject([{ rows: 2 }]);
      expect(await storage.verify()).toEqual([]);
      expect(await storage.loadVersions([last.ecsId])).toHaveLength(1);
      await storage.close();
    },
  );

  test("go for columns, too, those that Postgres has in each table", async () => {
    const fields = ["tableoid", "ctid", "xmin", "xmax", "cmin", "cmax", "oid", "rowid", "_rowid_"];
    class Box extends Entity.define("Box", Object.fromEntries(fields.map((field) => [field, z.string()]))) {}
    const store = newStore();
    const storage = await store.open({ tables: [Box] });
    const build = new CommitBuilder();
    await storage.commit(build.commit([build.root({ type: "Box", payload: Object.fromEntries(fields.map((field) => [field, field])) })]));
    const [row] = await store.query("select * from box_latest");
    expect(Object.values(row ?? {})).toEqual(expect.arrayContaining(fields));
    expect(await storage.verify()).toEqual([]);
    await storage.close();
  });

  test("and of their indexes are told apart", async () => {
    const text = z.string().meta({ indexed: true });
    const long = "long".repeat(30);
    class User extends Entity.define("User", { profileName: text, [long]: text, [`${long}er`]: text }) {}
    class UserProfile extends Entity.define("UserProfile", { name: text }) {}
    const store = newStore();
    const storage = await store.open({ tables: [User, UserProfile] });
    const indexes = await store.query(
      name === "SQLite"
        ? "select name from sqlite_schema where type = 'index' and name like 'minference_user%'"
        : "select indexname as name from pg_indexes where schemaname = current_schema() and indexname like 'minference_user%'",
    );
    expect(indexes).toHaveLength(4);
    for (const index of indexes) expect(Buffer.byteLength(String(index["name"]))).toBeLessThanOrEqual(63);
    await storage.close();
  });

  test("stay as they are where an older release named an index", async () => {
    class Part extends Entity.define("Part", { code: z.string().meta({ indexed: true }) }) {}
    class Changed extends Entity.define("Part", { code: z.string().meta({ indexed: true }), more: z.string().nullable().default(null) }) {}
    const store = newStore();
    const storage = await store.open({ tables: [Part] });
    const build = new CommitBuilder();
    await storage.commit(build.commit([build.root({ type: "Part", payload: { code: "a" } })]));
    const [index] = await store.query(
      name === "SQLite"
        ? "select name from sqlite_schema where type = 'index' and name like 'minference_part%'"
        : "select indexname as name from pg_indexes where schemaname = current_schema() and indexname like 'minference_part%'",
    );
    const made = `"${String(index?.["name"])}"`;
    await store.tamper(
      name === "SQLite"
        ? `drop index ${made}; create index minference_part_code_1 on part (code)`
        : `alter index ${made} rename to minference_part_code_1`,
    );
    expect(await storage.planTables({ tables: [Part] })).toEqual([]);
    await (await store.open({ tables: [Part] })).close();
    expect(await storage.migrateTables({ tables: [Changed] })).toHaveLength(1);
    expect(await storage.verify()).toEqual([]);
    await storage.close();
  });
});
