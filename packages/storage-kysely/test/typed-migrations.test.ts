import { type AnyEntityClass, Entity, EntityRegistry, ref } from "@minference/ecs";
import { CommitBuilder } from "@minference/storage-conformance";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { KyselyStorage } from "../src/kysely-storage.ts";
import type { Request } from "../src/query/work.ts";
import { testDatabases } from "./databases.ts";
import { ObservedEngine } from "./observed-engine.ts";

/** A class as it was in one release of a program. */
function release(shape: Record<string, z.ZodType>, schemaVersion = 1): AnyEntityClass {
  const upcast = Object.fromEntries(
    Array.from({ length: schemaVersion - 1 }, (_, index) => [index + 1, (payload: object) => ({ ...payload })]),
  );
  return class Task extends Entity.define("Task", shape, { schemaVersion, upcast }) {};
}

const first = release({ title: z.string(), state: z.enum(["open", "done"]), effort: z.int() });

function task(build: CommitBuilder, payload: Record<string, string | number | null>, schemaVersion = 1) {
  return build.root({ type: "Task", payload, schemaVersion });
}

describe.each(await testDatabases())("typed tables as classes change, on $name", ({ name, newStore }) => {
  test("come by themselves where nothing is stored, and are asked for where they have to be filled", async () => {
    const store = newStore();
    const build = new CommitBuilder();
    const untyped = await store.open();
    await untyped.commit(build.commit([task(build, { title: "a", state: "open", effort: 1 })]));
    await untyped.close();
    await expect(store.open({ tables: [first] })).rejects.toMatchObject({
      code: "outdated_tables",
      message: expect.stringMatching(/Task has no table.*minference-storage migrate --entities/),
    });
    if (name === "SQLite") {
      await expect(store.open({ tables: [first], readonly: true })).rejects.toMatchObject({ code: "read_only" });
    }
    const storage = await store.open();
    const [plan] = await storage.planTables({ tables: [first] });
    expect(plan).toMatchObject({ table: "task", reasons: ["Task has no table"] });
    expect(plan?.statements.join(";\n")).toMatch(/create table .*"state".* not null.*check \("state" in \('open'/s);
    expect(await storage.typedTables()).toEqual([]);
    expect(await storage.migrateTables({ tables: [first] })).toEqual([plan]);
    expect(await storage.migrateTables({ tables: [first] })).toEqual([]);
    expect(await store.query("select title, state, effort from task_latest")).toEqual([
      { title: "a", state: "open", effort: name === "SQLite" ? 1n : "1" },
    ]);
    expect(await storage.verify()).toEqual([]);
    await (await store.open({ tables: [first] })).close();
    class Other extends Entity.define("Other", { text: z.string() }) {}
    const more = await store.open({ tables: [first, Other] });
    expect((await more.typedTables()).map((table) => table.name)).toEqual(["other", "task"]);
    await more.close();
    await storage.close();
  });

  test("gain fields, values and classes, and lose fields, with all that is stored", async () => {
    const store = newStore();
    const storage = await store.open({ tables: [first] });
    const build = new CommitBuilder();
    await storage.commit(build.commit([task(build, { title: "a", state: "open", effort: 1 })]));
    const steps: readonly [change: string, next: AnyEntityClass, reasons: RegExp][] = [
      [
        "fields with and without a default",
        release({
          title: z.string(),
          state: z.enum(["open", "done"]),
          effort: z.int(),
          owner: z.string().default("nobody"),
          note: z.string().nullable().default(null),
          count: z.int().default(3),
          ratio: z.number().default(0.5),
          flag: z.boolean().default(true),
          big: z.bigint().default(2n ** 70n),
          list: z.array(z.string()).default(["it's"]),
        }),
        /Task.owner is missing; Task.note is missing/,
      ],
      [
        "a value",
        release({ title: z.string(), state: z.enum(["open", "done", "stuck"]), effort: z.int(), owner: z.string().default("nobody") }),
        /Task.state may not be "stuck" there; Task.note is no longer a field/,
      ],
      [
        "a wider type, null, an index, references and members",
        release({
          title: z.string().nullable(),
          state: z.enum(["open", "done", "stuck"]),
          effort: z.number().meta({ indexed: true }),
          owner: z.string().default("nobody"),
          parent: ref(() => first)
            .nullable()
            .default(null),
          parts: z.array(ref(() => first)).default([]),
        }),
        /title may not be null there; Task.effort is integer there, not real; Task.effort has no index; Task.parent is missing; Task.parts is missing/,
      ],
    ];
    for (const [change, next, reasons] of steps) {
      await expect(store.open({ tables: [next] }), change).rejects.toMatchObject({ code: "outdated_tables" });
      const [done] = await storage.migrateTables({ tables: [next] });
      expect(done?.reasons.join("; "), change).toMatch(reasons);
      await storage.commit(build.commit([task(build, { title: change, state: "done", effort: 2 })]));
      expect(await storage.verify()).toEqual([]);
      await (await store.open({ tables: [next] })).close();
      if (change === "fields with and without a default") {
        const [old] = await store.query("select count, ratio, flag, big, list, note from task order by vid");
        const isSqlite = name === "SQLite";
        expect(old).toEqual({
          count: isSqlite ? 3n : "3",
          ratio: 0.5,
          flag: isSqlite ? 1n : true,
          big: String(2n ** 70n),
          list: isSqlite ? `["it's"]` : ["it's"],
          note: null,
        });
      }
    }
    const rows = await store.query("select title, state, effort, owner, parent_vid from task_versions order by vid");
    expect(rows.map(({ title, owner }) => [title, owner])).toEqual(
      ["a", ...steps.map(([change]) => change)].map((title) => [title, "nobody"]),
    );
    expect(rows.map(({ effort }) => effort)).toEqual([1, 2, 2, 2]);
    expect(await store.query("select * from task_parts")).toEqual([]);
    await expect(storage.commit(build.commit([task(build, { title: "b", state: "what", effort: 1 })]))).rejects.toMatchObject({
      code: "invalid",
    });
    // The release before knows fewer values and fields, which the table takes all the same; one that lacks a column does not.
    await expect(store.open({ tables: [first] })).rejects.toMatchObject({ code: "outdated_tables" });
    await (await store.open({ tables: [release({ state: z.enum(["open"]), effort: z.number() })] })).close();
    await storage.close();
  });

  test("hold new rows to stricter rules only when the schema version says that old ones are others", async () => {
    const store = newStore();
    const storage = await store.open({ tables: [first] });
    const build = new CommitBuilder();
    await storage.commit(build.commit([task(build, { title: "a", state: "open", effort: 1 })]));
    const stricter = { title: z.string(), state: z.enum(["done"]), effort: z.int(), due: z.string() };
    await storage.migrateTables({ tables: [release(stricter)] });
    await storage.commit(build.commit([task(build, { title: "b", state: "open", effort: 1 })]));
    const newer = release(stricter, 2);
    await storage.migrateTables({ tables: [newer] });
    expect(await storage.migrateTables({ tables: [newer] })).toEqual([]);
    const commit = (payload: Record<string, string | number>, schemaVersion: number) =>
      storage.commit(build.commit([task(build, payload, schemaVersion)]));
    await commit({ title: "c", state: "open", effort: 1 }, 1);
    await commit({ title: "d", state: "done", effort: 1, due: "now" }, 2);
    await expect(commit({ title: "e", state: "open", effort: 1, due: "now" }, 2)).rejects.toMatchObject({ code: "invalid" });
    await expect(commit({ title: "f", state: "done", effort: 1 }, 2)).rejects.toMatchObject({ code: "invalid" });
    expect(await storage.verify()).toEqual([]);
    expect((await store.query("select title from task")).length).toBe(4);
    await storage.close();
  });

  test("take a class that joins a family", async () => {
    class Base extends Entity.define("Base", { name: z.string() }) {}
    class One extends Base.extend("One", { size: z.int() }) {}
    class Two extends Base.extend("Two", { size: z.string(), more: z.string() }) {}
    const store = newStore();
    const storage = await store.open({ tables: [One] });
    await new EntityRegistry(storage).register(new One({ name: "1", size: 1 }));
    const [change] = await storage.migrateTables({ tables: [Base, One, Two] });
    expect(change?.reasons).toEqual(["Base is not in it", "Two is not in it"]);
    await new EntityRegistry(storage).register(new Two({ name: "2", size: "two", more: "x" }));
    const rows = await store.query("select entity_type, size, more from base order by vid");
    expect(rows.map(({ size }) => size)).toEqual(name === "SQLite" ? ["1", '"two"'] : [1, "two"]);
    expect(rows.map(({ more }) => more)).toEqual([null, "x"]);
    expect(await storage.verify()).toEqual([]);
    await (await store.open({ tables: [One] })).close();
    await storage.close();
  });

  test("are migrated by any number of processes at once, while others write", async () => {
    const store = newStore();
    const build = new CommitBuilder();
    const storage = await store.open({ tables: [first] });
    const versions = Array.from({ length: 3_000 }, (_, index) => task(build, { title: String(index), state: "open", effort: index }));
    await storage.commit(build.commit(versions));
    const next = release({ title: z.string(), state: z.enum(["open", "done", "stuck"]), effort: z.int().meta({ indexed: true }) });
    const stop = new AbortController();
    const writer = (async () => {
      const own = new CommitBuilder(7);
      let count = 0;
      for (; !stop.signal.aborted; count += 1) {
        await storage.commit(own.commit([task(own, { title: "new", state: "done", effort: count })]));
      }
      return count;
    })();
    const others = await Promise.all(Array.from({ length: 4 }, () => store.open()));
    await Promise.all(others.map((other) => other.migrateTables({ tables: [next] })));
    stop.abort();
    const written = await writer;
    expect(written).toBeGreaterThan(0);
    expect(await storage.typedTables()).toEqual([{ name: "task", types: ["Task"], rows: 3_000 + written, isWhole: true }]);
    expect(await storage.verify()).toEqual([]);
    await Promise.all([storage, ...others].map((each) => each.close()));
  });

  test("are sound wherever a migration breaks off, and it goes on from there", async () => {
    const store = newStore();
    const build = new CommitBuilder();
    const storage = await store.open({ tables: [first] });
    await storage.commit(
      build.commit(Array.from({ length: 500 }, (_, index) => task(build, { title: String(index), state: "open", effort: index }))),
    );
    let countdown = Number.POSITIVE_INFINITY;
    const engine = new ObservedEngine(store.openEngine(), () => {
      countdown -= 1;
      if (countdown === 0) throw new Error("the driver failed");
    });
    const broken = new KyselyStorage(engine, { durable: true, sharedBetweenProcesses: true });
    const next = release({ title: z.string(), state: z.enum(["open", "done", "stuck"]), effort: z.number() });
    let failures = 0;
    for (let fault = 1; ; fault += 1) {
      countdown = fault;
      const failed = await broken.migrateTables({ tables: [next] }).then(
        () => false,
        () => true,
      );
      countdown = Number.POSITIVE_INFINITY;
      await storage.commit(build.commit([task(build, { title: `after ${fault}`, state: "open", effort: 1 })]));
      if (!failed) break;
      failures += 1;
    }
    expect(failures).toBeGreaterThanOrEqual(20);
    expect(await storage.typedTables()).toEqual([{ name: "task", types: ["Task"], rows: 500 + failures + 1, isWhole: true }]);
    expect(await storage.verify()).toEqual([]);
    await broken.close();
    await storage.close();
  });

  test("are left as they were where a stored version does not fit, which is named", async () => {
    const store = newStore();
    const build = new CommitBuilder();
    const storage = await store.open();
    const versions = Array.from({ length: 700 }, (_, index) =>
      task(build, { title: String(index), state: index === 437 ? "odd" : "open", effort: index }),
    );
    await storage.commit(build.commit(versions));
    await expect(storage.migrateTables({ tables: [first] })).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining(versions[437]?.ecsId ?? ""),
    });
    expect(await storage.typedTables()).toEqual([]);
    await storage.commit(build.commit([task(build, { title: "b", state: "odd too", effort: 1 })]));
    const wider = release({ title: z.string(), state: z.string(), effort: z.int() });
    await storage.migrateTables({ tables: [wider] });
    await expect(
      storage.migrateTables({ tables: [release({ title: z.string(), state: z.string(), effort: z.int(), size: z.int() })] }),
    ).resolves.toHaveLength(1);
    expect(await storage.typedTables()).toMatchObject([{ rows: 701, isWhole: true }]);
    expect(await storage.verify()).toEqual([]);
    await storage.close();
  });

  test("are made once, by ten programs that open a new store at once", async () => {
    const store = newStore();
    const opened = await Promise.all(Array.from({ length: 10 }, () => store.open({ tables: [first] })));
    const build = new CommitBuilder();
    await opened[3]?.commit(build.commit([task(build, { title: "a", state: "open", effort: 1 })]));
    expect(await opened[7]?.typedTables()).toEqual([{ name: "task", types: ["Task"], rows: 1, isWhole: true }]);
    await Promise.all(opened.map((storage) => storage.close()));
  });

  test("wait for a person who reads the old table, while commits go on", async () => {
    const store = newStore();
    const build = new CommitBuilder();
    const storage = await store.open({ tables: [first] });
    await storage.commit(build.commit([task(build, { title: "0", state: "open", effort: 0 })]));
    const next = release({ title: z.string(), state: z.enum(["open", "done"]), effort: z.number() });
    const letGo = await store.hold("select * from task_versions");
    const other = await store.open();
    const migrated = other.migrateTables({ tables: [next] });
    for (let index = 1; index <= 20; index += 1) {
      await storage.commit(build.commit([task(build, { title: String(index), state: "open", effort: index })]));
    }
    await letGo();
    expect(await migrated).toHaveLength(1);
    expect(await storage.typedTables()).toMatchObject([{ rows: 21, isWhole: true }]);
    expect(await storage.verify()).toEqual([]);
    await other.close();
    await storage.close();
  });

  test("are filled and verified by the ids of versions, however many there are", async () => {
    const store = newStore();
    const build = new CommitBuilder();
    const plain = await store.open();
    await plain.commit(build.commit(Array.from({ length: 500 }, () => task(build, { title: "a", state: "open", effort: 1 }))));
    await plain.close();
    const requests: Request[] = [];
    const engine = new ObservedEngine(store.openEngine(), (request) => requests.push(request));
    const storage = new KyselyStorage(engine, { durable: true, sharedBetweenProcesses: true });
    await storage.migrateTables({ tables: [first] });
    const filling = requests.filter(({ sql }) => sql.startsWith("insert into") && sql.includes("on conflict (vid)"));
    requests.length = 0;
    expect(await storage.verify()).toEqual([]);
    const verifying = requests.filter(({ sql }) => sql.startsWith("with bounds"));
    expect([filling.length > 0, verifying.length > 0]).toEqual([true, true]);
    for (const { sql, parameters } of [filling[0], verifying[0]].flatMap((request) => request ?? [])) {
      // What it was filled under is gone.
      const plan = await store.explain(sql.replace(/"minference_new_[0-9a-f]+"/, `"task"`), parameters);
      expect(plan).toMatch(/version_pkey|SEARCH v USING INTEGER PRIMARY KEY \(rowid>/);
      expect(plan).not.toMatch(/chain_type|version_position|SCAN (?:v|c)\b/);
    }
    await storage.close();
  });
});
