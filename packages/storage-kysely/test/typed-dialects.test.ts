import { join } from "node:path";
import { PGlite, types } from "@electric-sql/pglite";
import { type AnyEntityClass, Entity, EntityRegistry } from "@minference/ecs";
import { LibsqlDialect } from "@libsql/kysely-libsql";
import { type Dialect, PGliteDialect } from "kysely";
import { expect, test } from "vitest";
import * as z from "zod";
import { openKysely } from "../src/index.ts";
import { testDirectory } from "./databases.ts";

const shape = { [`a"b\\c`]: z.string(), size: z.int().meta({ indexed: true }), big: z.bigint(), at: z.date(), tags: z.set(z.string()) };

function release(extra: Record<string, z.ZodType>): AnyEntityClass {
  return class Thing extends Entity.define("Thing", { ...shape, ...extra }) {};
}

class Thing extends Entity.define("Thing", shape) {}

const directory = testDirectory();

test.each([
  {
    name: "libSQL",
    flavour: "sqlite" as const,
    make: async (): Promise<Dialect> => new LibsqlDialect({ url: `file:${join(directory, "store.db")}` }),
  },
  {
    name: "PGlite",
    flavour: "postgres" as const,
    make: async (): Promise<Dialect> =>
      new PGliteDialect({ pglite: await PGlite.create({ parsers: { [types.JSON]: (text) => text, [types.INT8]: Number } }) }),
  },
])("typed tables work on $name, given as a Kysely dialect", async ({ flavour, make }) => {
  const storage = await openKysely(await make(), { flavour, tables: [Thing] });
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
});
