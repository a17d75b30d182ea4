import { type AnyEntityClass, Entity, EntityRegistry, exportHistory, importHistory, type Payload, ref } from "@minference/ecs";
import { CommitBuilder } from "@minference/storage-conformance";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { KyselyStorage } from "../src/kysely-storage.ts";
import { testDatabases } from "./databases.ts";
import { ObservedEngine } from "./observed-engine.ts";

class Part extends Entity.define("Part", { text: z.string().meta({ indexed: true }), weight: z.number().nullable().default(null) }) {}

class Everything extends Entity.define("Everything", {
  text: z.string(),
  kind: z.enum(["a", "b"]).default("a"),
  whole: z.int(),
  real: z.number(),
  big: z.bigint(),
  long: z.int64(),
  flag: z.boolean(),
  at: z.date(),
  list: z.array(z.string()),
  record: z.record(z.string(), z.json()),
  tags: z.set(z.string()),
  map: z.map(z.string(), z.number()),
  nested: z.object({ a: z.number() }).nullable(),
  either: z.union([z.string(), z.number()]),
  one: z.literal("x").optional(),
}) {}

abstract class Shape extends Entity.define("Shape", { name: z.string() }) {}
class Circle extends Shape.extend("Circle", { radius: z.number(), fill: z.enum(["red", "blue"]) }) {}
class Square extends Shape.extend("Square", { side: z.int(), fill: z.enum(["green"]).nullable() }) {}

class Drawing extends Entity.define("Drawing", {
  title: z.string(),
  shapes: z.array(ref(() => Shape)).default([]),
  named: z
    .record(
      z.string(),
      ref(() => Shape),
    )
    .default({}),
  chosen: z.set(ref(() => Shape)).default(new Set()),
  main: ref(() => Shape)
    .nullable()
    .default(null),
  /** Entities somewhere inside plain data. */
  pair: z
    .object({ left: ref(() => Shape), note: z.string() })
    .nullable()
    .default(null),
  maybe: z
    .array(ref(() => Shape))
    .nullable()
    .default(null),
  get inside() {
    return ref(() => Drawing)
      .nullable()
      .default(null);
  },
}) {}

const all: readonly AnyEntityClass[] = [Part, Everything, Shape, Circle, Square, Drawing];

function plain(rows: readonly Readonly<Record<string, unknown>>[]): Record<string, unknown>[] {
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([column, value]) => [
        column,
        typeof value === "bigint"
          ? String(value)
          : value instanceof Date
            ? value.toISOString()
            : typeof value === "object" && value !== null
              ? JSON.stringify(value)
              : value,
      ]),
    ),
  );
}

describe.each(await testDatabases())("typed tables on $name", ({ name, newStore }) => {
  const isSqlite = name === "SQLite";

  test("hold each value in a column of its type", async () => {
    const store = newStore();
    const storage = await store.open({ tables: all });
    const entity = new Everything({
      text: "it's \u{1F600}",
      kind: "b",
      whole: -0,
      real: 5e-324,
      big: 2n ** 80n,
      long: -(2n ** 63n),
      flag: true,
      at: new Date(1_234),
      list: ["x", "{"],
      record: { $type: 1, "a.b": [null] },
      tags: new Set(["t"]),
      map: new Map([["k", 1]]),
      nested: null,
      either: 7,
    });
    await new EntityRegistry(storage).register(entity);
    const [row] = plain(await store.query("select * from everything"));
    expect(row).toMatchObject({
      entity_type: "Everything",
      schema_version: "1",
      text: "it's \u{1F600}",
      kind: "b",
      whole: "0",
      real: 5e-324,
      big: "1208925819614629174706176",
      long: "-9223372036854775808",
      flag: isSqlite ? "1" : true,
      at: "1970-01-01T00:00:01.234Z",
      list: '["x","{"]',
      tags: '["t"]',
      map: '[["k",1]]',
      nested: null,
      either: isSqlite ? "7" : 7,
      one: null,
    });
    expect(JSON.parse(String(row?.["record"]))).toEqual({ $type: 1, "a.b": [null] });
    expect(await storage.verify()).toEqual([]);
    await storage.close();
  });

  test("put a family of classes in one table, and hold each to its own rules", async () => {
    const store = newStore();
    const storage = await store.open({ tables: all });
    const registry = new EntityRegistry(storage, { entities: [Circle, Square] });
    const shapes = [new Circle({ name: "c", radius: 1.5, fill: "red" }), new Square({ name: "s", side: 2, fill: null })];
    await registry.register(shapes);
    expect(plain(await store.query("select entity_type, name, radius, fill, side from shape order by name"))).toEqual([
      { entity_type: "Circle", name: "c", radius: 1.5, fill: "red", side: null },
      { entity_type: "Square", name: "s", radius: null, fill: null, side: "2" },
    ]);
    const build = new CommitBuilder();
    const refused = [
      { type: "Circle", payload: { name: "x", radius: 1, fill: "green" }, rule: /fill of Circle is one of/ },
      { type: "Circle", payload: { name: "x", radius: 1, fill: null }, rule: /fill of Circle is there/ },
      { type: "Circle", payload: { name: "x", radius: "1", fill: "red" }, rule: /radius of Circle is there/ },
      { type: "Square", payload: { name: null, side: 1, fill: "green" }, rule: /name/ },
    ];
    for (const { rule, ...version } of refused) {
      const stored = storage.commit(build.commit([build.root({ type: "Part", payload: { text: "lost" } }), build.root(version)]));
      await expect(stored).rejects.toMatchObject({ code: "invalid", message: expect.stringMatching(rule) });
      await expect(stored).rejects.toMatchObject({ message: expect.stringContaining("minference-storage migrate") });
    }
    expect((await storage.statistics()).versions).toBe(2);
    expect(await store.query("select * from part")).toEqual([]);
    await storage.close();
  });

  test("show single references, members of every kind, and entities of their own class", async () => {
    const store = newStore();
    const storage = await store.open({ tables: all });
    const [circle, square] = [new Circle({ name: "c", radius: 1, fill: "red" }), new Square({ name: "s", side: 1, fill: null })];
    const outer = new Drawing({ title: "outer", main: circle });
    const drawing = new Drawing({
      title: "inner",
      shapes: [square, circle, square],
      named: { "it's": square },
      chosen: new Set([circle]),
      main: square,
      pair: { left: circle, note: "n" },
      maybe: [square],
      inside: outer,
    });
    await new EntityRegistry(storage, { entities: [Circle, Square] }).register(drawing);
    expect(
      await store.query(`select d.title, m.name as main, o.title as inside, d.pair ->> 'note' as note from drawing_latest d
        left join shape_versions m on m.vid = d.main_vid left join drawing_versions o on o.vid = d.inside_vid order by d.title`),
    ).toEqual([
      { title: "inner", main: "s", inside: "outer", note: "n" },
      { title: "outer", main: "c", inside: null, note: null },
    ]);
    for (const [view, expected] of [
      ["drawing_shapes", ["s", "c", "s"]],
      ["drawing_named", ["it's s"]],
      ["drawing_chosen", ["c"]],
      ["drawing_pair", ["0 c"]],
      ["drawing_maybe", ["s"]],
    ] as const) {
      const rows = await store.query(
        `select m.slot, s.name from ${view} m join shape_versions s on s.vid = m.child_vid order by m.position`,
      );
      const isKeyed = view === "drawing_named" || view === "drawing_pair";
      expect(rows.map(({ slot, name: shape }) => (isKeyed ? [slot, shape].join(" ") : shape))).toEqual(expected);
    }
    await storage.close();
  });

  test("are kept by a program that knows nothing of them, through pruning, redaction, import and clearing", async () => {
    const store = newStore();
    const other = newStore();
    await (await store.open({ tables: all })).close();
    const storage = await store.open();
    const registry = new EntityRegistry(storage);
    const part = new Part({ text: "0" });
    const drawing = new Drawing({ title: "secret", shapes: [new Circle({ name: "c", radius: 1, fill: "red" })] });
    await registry.register([part, drawing]);
    for (let version = 1; version <= 5; version += 1) {
      part.text = String(version);
      drawing.shapes.push(new Square({ name: `s${version}`, side: version, fill: "green" }));
      await registry.register([part, drawing]);
    }
    const rows = async () => Object.fromEntries((await storage.typedTables()).map((table) => [table.name, table.rows]));
    expect(await rows()).toEqual({ drawing: 1, everything: 0, part: 6, shape: 6 });
    expect(await storage.verify()).toEqual([]);

    expect(await storage.prune({ keepLast: 2 })).toMatchObject({ pruned: 8 });
    expect(await rows()).toEqual({ drawing: 1, everything: 0, part: 2, shape: 6 });
    expect(await storage.verify()).toEqual([]);

    const target = await other.open({ tables: all });
    const lines = await Array.fromAsync(exportHistory(storage, drawing.lineageId));
    await importHistory(target, lines);
    expect(await target.verify()).toEqual([]);
    expect(plain(await other.query("select title from drawing"))).toEqual([{ title: "secret" }]);
    await target.close();

    await storage.redact(drawing.lineageId);
    expect(await rows()).toEqual({ drawing: 0, everything: 0, part: 2, shape: 6 });
    expect(await store.query("select * from drawing_versions")).toEqual([]);
    expect(await storage.verify()).toEqual([]);

    const third = newStore();
    const copy = await third.open({ tables: all });
    await importHistory(copy, await Array.fromAsync(exportHistory(storage, drawing.lineageId)));
    expect((await copy.lineage(drawing.lineageId)).map(({ redacted }) => redacted)).toEqual([true, true]);
    expect(await third.query("select * from drawing")).toEqual([]);
    expect(await copy.verify()).toEqual([]);
    await copy.close();

    await storage.clear();
    expect(await rows()).toEqual({ drawing: 0, everything: 0, part: 0, shape: 0 });
    await new EntityRegistry(storage).register(new Part({ text: "again" }));
    expect(await rows()).toEqual({ drawing: 0, everything: 0, part: 1, shape: 0 });
    await storage.close();
  });

  test("take what JSON holds and a column can't, without losing the version", async () => {
    const store = newStore();
    const storage = await store.open({ tables: all });
    const build = new CommitBuilder();
    const texts = [
      "\u0000",
      "a\u0000b \\u0000 \\\\u0000",
      "half \ud800 pair",
      "\u{1F600} \u2028 \u0001",
      "'; drop table part; --",
      "\\",
      '"',
    ];
    const payloads: Payload[] = texts.map((text) => ({ text, weight: 1 }));
    payloads.push({ text: "", weight: { $type: "number", value: "-0" } });
    payloads.push({ text: "", weight: { $type: "number", value: "Infinity" } });
    payloads.push({ text: "", weight: { $type: "number", value: "what" } });
    payloads.push({ text: "", weight: [1] }, { text: "", weight: "1" }, { text: "", unknown: 1 }, { text: "long".repeat(100_000) });
    const versions = payloads.map((payload) => build.root({ type: "Part", payload }));
    await storage.commit(build.commit(versions));
    expect((await storage.loadVersions(versions.map(({ ecsId }) => ecsId))).length).toBe(versions.length);
    const rows = plain(await store.query("select text, weight from part order by vid"));
    expect(rows.map(({ weight }) => weight)).toEqual([...texts.map(() => 1), isSqlite ? 0 : -0, Infinity, null, null, null, null, null]);
    expect(rows.slice(3, texts.length).map(({ text }) => text)).toEqual(texts.slice(3));
    if (!isSqlite) {
      expect(rows.slice(0, 3).map(({ text }) => text)).toEqual(["\ufffd", "a\ufffdb \\u0000 \\\\u0000", "half \ufffd pair"]);
    }
    expect(rows.at(-1)?.["text"]).toHaveLength(400_000);
    expect(await storage.verify()).toEqual([]);
    await storage.close();
  });

  test("keep names that SQL would trip over apart", async () => {
    class Chain extends Entity.define("Chain", { select: z.string() }) {}
    class Odd extends Entity.define(`Odd"'; drop table version; --`, {
      [`a"b'c; drop table chain`]: z.string(),
      "x\\y": z.int(),
      fooBar: z.string(),
      foo_bar: z.string(),
      FooBar: z.string(),
      vid: z.int(),
      entityType: z.string(),
      "": z.string(),
      ["long".repeat(30)]: z.string(),
      [`${"long".repeat(30)}er`]: z.string(),
      "é?$1": z.string(),
      sqlite_x: z.array(ref(() => Chain)),
      usage: ref(() => Chain),
      usageVid: z.int(),
    }) {}
    class OddLatest extends Entity.define(`Odd"'; drop table version; -- latest`, { a: z.string() }) {}
    const store = newStore();
    const tables = [Odd, Chain, OddLatest];
    const storage = await store.open({ tables });
    const chain = new Chain({ select: "it" });
    const input = {
      [`a"b'c; drop table chain`]: "1",
      "x\\y": 2,
      fooBar: "3",
      foo_bar: "4",
      FooBar: "5",
      vid: 6,
      entityType: "7",
      "": "8",
      ["long".repeat(30)]: "9",
      [`${"long".repeat(30)}er`]: "10",
      "é?$1": "11",
      sqlite_x: [chain],
      usage: chain,
      usageVid: 12,
    };
    await new EntityRegistry(storage).register([new Odd(input), new OddLatest({ a: "b" })]);
    const [, odd] = (await storage.typedTables()).filter(({ types }) => types.includes(Odd.definition.name) || types.includes("Chain"));
    expect((await storage.typedTables()).map(({ rows }) => rows)).toEqual([1, 1, 1]);
    const [row] = plain(await store.query(`select * from "${odd?.name.replaceAll('"', '""')}"`));
    const own = Object.entries(row ?? {}).filter(([column]) => !["vid", "entity_type", "schema_version"].includes(column));
    expect(own.map(([, value]) => String(value))).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"]);
    for (const column of Object.keys(row ?? {})) expect(Buffer.byteLength(column)).toBeLessThanOrEqual(63);
    expect(await storage.verify()).toEqual([]);
    expect(await storage.planTables({ tables })).toEqual([]);
    const called = (await storage.typedTables()).map((table) => table.name);
    await storage.close();
    // Whoever comes first, names are the same.
    const second = newStore();
    const again = await second.open({ tables: tables.toReversed() });
    expect((await again.typedTables()).map((table) => table.name).toSorted()).toEqual(called.toSorted());
    await again.close();
  });

  test("are looked through for rows that are missing, changed or left behind", async () => {
    const damages = [
      "delete from part where text = 'b'",
      "update part set weight = 5 where text = 'b'",
      "insert into part (vid, entity_type, schema_version, text) values (1000000, 'Part', 1, 'x')",
    ];
    for (const [index, damage] of damages.entries()) {
      const store = newStore();
      const storage = await store.open({ tables: all });
      const parts = ["a", "b"].map((text) => new Part({ text }));
      await new EntityRegistry(storage).register(parts);
      expect(await storage.verify()).toEqual([]);
      await store.tamper(damage);
      const ecsId = index === 2 ? null : (parts[1]?.ecsId ?? "");
      expect(await storage.verify()).toEqual([{ kind: "typed_row", ecsId, message: expect.stringContaining("typed table part") }]);
      await storage.migrateTables({ tables: all }, { rebuild: true });
      expect(await storage.verify()).toEqual([]);
      await storage.close();
    }
  });

  test("go with their commit: when the driver fails at any statement, there is neither", async () => {
    class Held extends Entity.define("Held", { parts: z.array(ref(() => Part)).default([]) }) {}
    const tables = [Part, Held];
    const store = newStore();
    await (await store.open({ tables })).close();
    let countdown = Number.POSITIVE_INFINITY;
    const engine = new ObservedEngine(store.openEngine(), () => {
      countdown -= 1;
      if (countdown === 0) throw new Error("the driver failed");
    });
    const storage = new KyselyStorage(engine, { durable: true, sharedBetweenProcesses: true });
    const build = new CommitBuilder();
    let tip = build.root({ type: "Part", payload: { text: "0" } });
    await storage.commit(build.commit([tip]));
    let failures = 0;
    for (let fault = 1; ; fault += 1) {
      const before = await storage.typedTables();
      countdown = fault;
      const next = build.next(tip, { payload: { text: String(fault) } });
      const failed = await storage.commit(build.commit([next])).then(
        () => false,
        () => true,
      );
      const wasReached = countdown <= 0;
      countdown = Number.POSITIVE_INFINITY;
      expect(failed).toBe(wasReached);
      if (!failed) break;
      failures += 1;
      expect(await storage.typedTables()).toEqual(before);
      tip = build.next(tip, { payload: { text: "after" } });
      await storage.commit(build.commit([tip]));
    }
    expect(failures).toBeGreaterThanOrEqual(3);
    expect(await storage.verify()).toEqual([]);
    for (const maintain of [
      () => storage.prune({ keepLast: 2 }),
      () => storage.redact(tip.lineageId),
      () => storage.migrateTables({ tables }, { rebuild: true }),
      () => storage.clear(),
    ]) {
      for (let fault = 1, failed = true; failed; fault += 1) {
        countdown = fault;
        failed = await maintain().then(
          () => false,
          () => true,
        );
        countdown = Number.POSITIVE_INFINITY;
        expect(await storage.verify()).toEqual([]);
      }
    }
    expect((await storage.typedTables()).map(({ rows, isWhole }) => ({ rows, isWhole }))).toEqual(
      tables.map(() => ({ rows: 0, isWhole: true })),
    );
    await storage.close();
  });

  test("make no SQL of a mapping that is none", async () => {
    for (const [change, code] of [
      [`replace(mapping, '"since":1', '"since":"1) or (1=1"')`, "corrupt"],
      [`replace(mapping, '"type":"text"', '"type":"text); drop table version; --"')`, "corrupt"],
      ["'nonsense'", "corrupt"],
      [`replace(mapping, '"format":1', '"format":2')`, "newer_store"],
    ] as const) {
      const store = newStore();
      const storage = await store.open({ tables: [Part] });
      await store.tamper(`update typed_table set mapping = ${change}`);
      await expect(storage.migrateTables({ tables: all })).rejects.toMatchObject({ code });
      await storage.close();
    }
  });
});
