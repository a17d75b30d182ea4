import { type AnyEntityClass, Entity, EntityRegistry } from "@minference/ecs";
import { expect } from "vitest";
import * as z from "zod";
import type { KyselyStorage } from "../src/kysely-storage.ts";
import type { TableClasses } from "../src/tables/wanted-tables.ts";

const shape = { [`a"b\\c`]: z.string(), size: z.int().meta({ indexed: true }), big: z.bigint(), at: z.date(), tags: z.set(z.string()) };

function release(extra: Record<string, z.ZodType>): AnyEntityClass {
  return class Thing extends Entity.define("Thing", { ...shape, ...extra }) {};
}

class Thing extends Entity.define("Thing", shape) {}

/** Expects that typed tables are made, filled, asked, migrated and emptied in a new store, which is closed after it. */
export async function expectTypedTables(open: (classes: TableClasses) => Promise<KyselyStorage>): Promise<void> {
  const storage = await open({ tables: [Thing] });
  const registry = new EntityRegistry(storage);
  const thing = new Thing({ [`a"b\\c`]: "it's \u0000", size: 7, big: 2n ** 70n, at: new Date(5), tags: new Set(["x"]) });
  await registry.register(thing);
  thing.size = 8;
  await registry.register(thing);
  expect(await storage.typedTables()).toMatchObject([{ name: "thing", rows: 2, isWhole: true }]);
  expect(await storage.verify()).toEqual([]);
  await storage.migrateTables({ tables: [release({ more: z.enum(["a"]).default("a") })] });
  expect(await storage.verify()).toEqual([]);
  const { items } = await storage.list({
    types: ["Thing"],
    versions: "all",
    where: [{ field: "size", operator: "=", value: 7 }],
    limit: 9,
  });
  expect(items).toHaveLength(1);
  await storage.prune({ keepLast: 1 });
  await storage.redact(thing.lineageId);
  expect(await storage.typedTables()).toMatchObject([{ rows: 0 }]);
  await storage.close();
}
