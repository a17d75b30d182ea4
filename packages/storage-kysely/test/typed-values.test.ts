import { randomBytes } from "node:crypto";
import { Entity, type EntityStorage, type FieldFilter, type ListQuery } from "@minference/ecs";
import { CommitBuilder } from "@minference/storage-conformance";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { testDatabases } from "./databases.ts";

const indexed = { indexed: true };
const long = randomBytes(6_000).toString("base64");

class Short extends Entity.define("Thing", { text: z.string().max(100).meta(indexed) }) {}
class Longer extends Entity.define("Thing", { text: z.string().meta(indexed) }) {}

class Base extends Entity.define("Base", {}) {}
class Texts extends Base.extend("Texts", { value: z.string().meta(indexed) }) {}
class Numbers extends Base.extend("Numbers", { value: z.number().meta(indexed) }) {}

class Big extends Entity.define("Big", { value: z.bigint().meta(indexed) }) {}

class Odd extends Entity.define("Odd", {
  long: z.int64().nullable().meta(indexed),
  big: z.bigint().nullable().meta(indexed),
  at: z.date().nullable().meta(indexed),
}) {}

function big(value: bigint) {
  return { $type: "bigint", value: String(value) };
}

function date(value: string) {
  return { $type: "date", value };
}

const payload = { long: big(5n), big: big(5n), at: date("2024-01-01T00:00:00.000Z") };

function equal(type: string, field: string, value: FieldFilter["value"]): ListQuery {
  return { types: [type], versions: "heads", where: [{ field, operator: "=", value }], limit: 9 };
}

describe.each(await testDatabases())("values in typed tables on $name", ({ name, newStore }) => {
  test.each([
    ["are stored before anything is said of them", []],
    ["may be long by the class before", [Longer]],
  ])("are indexed at whatever length, where they %s", async (_, before) => {
    const store = newStore();
    const storage = await store.open({ tables: before });
    const build = new CommitBuilder();
    const add = (text: string) => storage.commit(build.commit([build.root({ payload: { text } })]));
    await add(long);
    await storage.migrateTables({ tables: [Short] }, { rebuild: true });
    expect(await storage.migrateTables({ tables: [Short] })).toEqual([]);
    await add(long);
    await add("short");
    expect((await storage.list(equal("Thing", "text", long))).items).toHaveLength(2);
    expect((await storage.list(equal("Thing", "text", "short"))).items).toHaveLength(1);
    await storage.close();
  });

  test("are indexed where classes of a family agree on their type", async () => {
    const store = newStore();
    const storage = await store.open({ tables: [Texts, Numbers] });
    const build = new CommitBuilder();
    await storage.commit(build.commit([build.root({ type: "Texts", payload: { value: long } })]));
    expect((await storage.list(equal("Texts", "value", long))).items).toHaveLength(1);
    await storage.close();
  });

  test("may be bigints of any number of digits", async () => {
    const store = newStore();
    const storage = await store.open({ tables: [Big] });
    const build = new CommitBuilder();
    const digits = BigInt(`0x${randomBytes(6_000).toString("hex")}`);
    const values = [String(digits), String(digits + 1n), "7"].map((value) => ({ $type: "bigint", value }));
    await storage.commit(build.commit(values.map((value) => build.root({ type: "Big", payload: { value } }))));
    for (const value of values) expect((await storage.list(equal("Big", "value", value))).items).toHaveLength(1);
    expect(await storage.verify()).toEqual([]);
    await storage.close();
  });

  test("are compared with whatever is asked for as without tables", async () => {
    const store = newStore();
    const storage = await store.open({ tables: [Odd] });
    const plain = await newStore().open();
    const build = new CommitBuilder();
    const payloads = [payload, { ...payload, at: date("0000-01-01T00:00:00.000Z") }, { ...payload, long: big(-(2n ** 63n)) }];
    const commit = build.commit(payloads.map((each) => build.root({ type: "Odd", payload: each })));
    for (const each of [storage, plain]) await each.commit(commit);
    const filters: readonly FieldFilter[] = [
      ...[5n, 2n ** 63n, -(2n ** 63n), 10n ** 30n].map((value) => ({ field: "long", operator: "=" as const, value: big(value) })),
      ...[5n, 10n ** 30n, 10n ** 140_000n].map((value) => ({ field: "big", operator: "=" as const, value: big(value) })),
      { field: "big", operator: "=", value: { $type: "bigint", value: "what" } },
      { field: "big", operator: "=", value: { $type: "bigint", value: 5 } },
      ...["2024-01-01T00:00:00.000Z", "2024-02-30T00:00:00.000Z", "2024-99-01T00:00:00.000Z", "2023-02-29T00:00:00.000Z"].flatMap((at) =>
        (["=", "<", ">="] as const).map((operator) => ({ field: "at", operator, value: date(at) })),
      ),
    ];
    for (const filter of filters) {
      const query: ListQuery = { types: ["Odd"], versions: "heads", where: [filter], limit: 9 };
      const ids = async (from: EntityStorage) => (await from.list(query)).items.map(({ ecsId }) => ecsId);
      expect(await ids(storage), JSON.stringify(filter).slice(0, 90)).toEqual(await ids(plain));
    }
    await plain.close();
    await storage.close();
  });

  test("are left out where the database has none of their kind", async () => {
    const store = newStore();
    const storage = await store.open({ tables: [Odd] });
    const build = new CommitBuilder();
    const dates = [
      "2024-02-31T00:00:00.000Z",
      "2023-02-29T00:00:00.000Z",
      "1900-02-29T00:00:00.000Z",
      "2024-04-31T00:00:00.000Z",
      "2024-02-01T99:00:00.000Z",
      "2024-13-01T00:00:00.000Z",
      "+999999-01-01T00:00:00.000Z",
      "+000000-01-01T00:00:00.000Z",
      "what",
      "",
    ].map((at) => ({ ...payload, at: date(at) }));
    const bigints = [10n ** 140_000n, 2n ** 63n].map((value) => ({ ...payload, big: big(value), long: big(value) }));
    await storage.commit(build.commit([...dates, ...bigints].map((each) => build.root({ type: "Odd", payload: each }))));
    expect(await storage.typedTables()).toMatchObject([{ rows: dates.length + bigints.length }]);
    const long = await store.query("select long from odd where long is null");
    expect(long).toHaveLength(2);
    if (name === "Postgres") {
      expect(await store.query("select at from odd where at is null")).toHaveLength(dates.length);
      expect(await store.query("select big from odd where big is null")).toHaveLength(1);
    }
    expect(await storage.verify()).toEqual([]);
    await storage.close();
  });

  test("are every date that there is", async () => {
    const store = newStore();
    const storage = await store.open({ tables: [Odd] });
    const build = new CommitBuilder();
    const days = Array.from({ length: 1_500 }, (_, day) => Date.UTC(1896, 0, 1) + day * 86_400_000 + 86_399_999);
    const moments = [...days, Date.UTC(2_000, 1, 29), 8.64e15, -62_135_596_800_000, 253_402_300_800_000];
    const payloads = moments.map((at) => ({ ...payload, at: date(new Date(at).toISOString()) }));
    await storage.commit(build.commit(payloads.map((each) => build.root({ type: "Odd", payload: each }))));
    const rows = await store.query("select at from odd where at is not null order by vid");
    expect(rows.map(({ at }) => new Date(String(at instanceof Date ? at.toISOString() : at)).getTime())).toEqual(moments);
    await storage.close();
  });
});
