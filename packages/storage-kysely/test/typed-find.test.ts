import { Entity, EntityRegistry, type FieldFilter, type JsonValue, type ListQuery } from "@minference/ecs";
import { CommitBuilder } from "@minference/storage-conformance";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { KyselyStorage } from "../src/kysely-storage.ts";
import type { Request } from "../src/query/work.ts";
import { testDatabases } from "./databases.ts";
import { ObservedEngine } from "./observed-engine.ts";

class Item extends Entity.define("Item", {
  code: z.string().meta({ indexed: true }),
  kind: z.enum(["a", "b"]).meta({ indexed: true }),
  size: z.int().meta({ indexed: true }),
  weight: z.number().meta({ indexed: true }),
  at: z.date().meta({ indexed: true }),
  plain: z.string(),
}) {}

const payload = { code: "c", kind: "a", size: 1, weight: 1, at: { $type: "date", value: "1970-01-01T00:00:07.000Z" }, plain: "" };
const capabilities = { durable: true, sharedBetweenProcesses: true };

function item(index: number): Item {
  const code = `code ${index} ${"x".repeat(index % 7 === 0 ? 3_000 : 3)}`;
  return new Item({ code, kind: index % 2 === 0 ? "a" : "b", size: index, weight: index / 4, at: new Date(index * 1_000), plain: code });
}

describe.each(await testDatabases())("queries by indexed fields on $name", ({ newStore }) => {
  test.each([
    ["tables", { tables: [Item] }],
    ["indexes alone", { indexes: [Item] }],
  ])("go by the index, with %s, and find what looking at every payload finds", async (_, classes) => {
    const store = newStore();
    // It looked for tables before there were any.
    const plain = await store.open();
    await plain.list({ types: ["Item"], versions: "heads", where: [{ field: "size", operator: "=", value: 1 }], limit: 1 });
    await (await store.open(classes)).close();
    const requests: Request[] = [];
    const storage = new KyselyStorage(new ObservedEngine(store.openEngine(), (request) => requests.push(request)), capabilities);
    const items = Array.from({ length: 120 }, (_, index) => item(index));
    await new EntityRegistry(storage).register(items);
    const lines = new CommitBuilder();
    for (const { ecsId, lineageId } of items.slice(0, 20)) {
      const shared = lines.next({ ecsId, lineageId, type: "Item" });
      await storage.commit(lines.commit([shared, lines.next(shared, { payload: { ...payload, code: "new" } })]));
    }
    const filters: readonly [field: string, operator: FieldFilter["operator"], value: JsonValue][] = [
      ["code", "=", items[9]?.code ?? ""],
      ["code", "=", items[14]?.code ?? ""],
      ["code", "=", `${items[14]?.code.slice(0, -1)}y`],
      ["code", "<", "code 11"],
      ["code", ">=", items[14]?.code ?? ""],
      ["size", "=", 7],
      ["size", "=", 7.5],
      ["size", "<", 7.5],
      ["size", ">", 110],
      ["weight", "=", 0.25],
      ["weight", "<=", 1],
      ["at", "=", { $type: "date", value: "1970-01-01T00:00:07.000Z" }],
      ["at", ">", { $type: "date", value: "1970-01-01T00:01:50.000Z" }],
    ];
    for (const [field, operator, value] of filters) {
      for (const versions of ["heads", "all"] as const) {
        for (const orderBy of [undefined, { field: "size", direction: "descending" } as const]) {
          const query: ListQuery = {
            types: ["Item"],
            versions,
            where: [{ field, operator, value }],
            limit: 1_000,
            ...(orderBy === undefined ? {} : { orderBy }),
          };
          requests.length = 0;
          const found = await storage.list(query);
          const wanted = await plain.list(query);
          expect(found.items.map(({ ecsId }) => ecsId)).toEqual(wanted.items.map(({ ecsId }) => ecsId));
          // No whole number is equal to it.
          if ((value === 7.5 && operator === "=") || (versions === "all" && orderBy !== undefined)) continue;
          const find = requests.find(({ name }) => name.startsWith("find_"));
          const plan = await store.explain(find?.sql ?? "", find?.parameters ?? []);
          expect(plan).toMatch(new RegExp(`minference_item_${field}_1`));
          expect(plan).not.toMatch(/SCAN (?:v|c)\b|Seq Scan|chain_type/);
        }
      }
    }
    await storage.close();
    await plain.close();
  });

  test("in pages, and by looking at payloads where an index would lead to very many", async () => {
    const store = newStore();
    await (await store.open({ tables: [Item] })).close();
    const requests: Request[] = [];
    const storage = new KyselyStorage(new ObservedEngine(store.openEngine(), (request) => requests.push(request)), capabilities);
    const build = new CommitBuilder();
    const versions = Array.from({ length: 6_000 }, (_, index) =>
      build.root({ type: "Item", payload: { ...payload, size: index < 10 ? 5 : 1 } }),
    );
    await storage.commit(build.commit(versions));
    const ids: string[] = [];
    let after: string | null = null;
    do {
      const where: FieldFilter[] = [{ field: "size", operator: "=", value: 5 }];
      const page = await storage.list({ types: ["Item"], versions: "heads", where, limit: 3, ...(after === null ? {} : { after }) });
      ids.push(...page.items.map(({ ecsId }) => ecsId));
      after = page.next;
    } while (after !== null);
    expect(ids).toEqual(versions.slice(0, 10).map(({ ecsId }) => ecsId));
    requests.length = 0;
    const many = await storage.list({ types: ["Item"], versions: "heads", where: [{ field: "size", operator: "=", value: 1 }], limit: 2 });
    expect(many.items).toHaveLength(2);
    expect(requests.map(({ name }) => name.split("_")[0])).toEqual(["count", "find"]);
    expect(requests.at(-1)?.sql).not.toContain("typed_table");
    await storage.close();
  });

  test("go on where another process has changed or taken away the table", async () => {
    const store = newStore();
    const storage = await store.open({ tables: [Item] });
    await new EntityRegistry(storage).register([item(1), item(2)]);
    const query: ListQuery = { types: ["Item"], versions: "heads", where: [{ field: "size", operator: "=", value: 2 }], limit: 9 };
    expect((await storage.list(query)).items).toHaveLength(1);
    class Changed extends Entity.define("Item", { code: z.string(), size: z.string().or(z.int()) }) {}
    const other = await store.open();
    await other.migrateTables({ tables: [Changed] });
    expect((await storage.list(query)).items).toHaveLength(1);
    expect((await storage.list(query)).items).toHaveLength(1);
    await other.close();
    await storage.close();
  });
});
