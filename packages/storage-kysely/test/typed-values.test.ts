import { randomBytes } from "node:crypto";
import { Entity, type FieldFilter, type ListQuery } from "@minference/ecs";
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

function equal(type: string, field: string, value: FieldFilter["value"]): ListQuery {
  return { types: [type], versions: "heads", where: [{ field, operator: "=", value }], limit: 9 };
}

describe.each(await testDatabases())("values in typed tables on $name", ({ newStore }) => {
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
});
