import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AnyEntityClass, Entity, ref } from "@minference/ecs";
import { checkLaw, laws, type StorageFactory, storageConformance } from "@minference/storage-conformance";
import { testDatabase } from "@minference/tooling-postgres";
import pg from "pg";
import { afterAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { openPostgres } from "../src/postgres/index.ts";
import { openSqlite } from "../src/sqlite/index.ts";

/** The classes that the laws use, by their names: their payloads hold anything. */
function lawClasses(field: z.ZodType): readonly AnyEntityClass[] {
  const anything = {
    field,
    n: z.number().nullable().meta({ indexed: true }).optional(),
    text: z.string().nullable().meta({ indexed: true }).optional(),
    place: z.json().optional(),
  };
  class Thing extends Entity.define("Thing", {
    ...anything,
    list: z.array(ref(() => Other)),
    one: ref(() => Other).nullable(),
    child: ref(() => Other).nullable(),
  }) {}
  class Holder extends Entity.define("Holder", { ...anything, old: ref(() => Thing) }) {}
  class Other extends Entity.define("Other", anything) {}
  class Odd extends Entity.define("Ünïcode Thing'\"", anything) {}
  class Injected extends Entity.define("'; drop table chain; --", anything) {}
  class Leaf extends Entity.define("Leaf", { name: z.string(), size: z.number().default(0), at: z.date().nullable().default(null) }) {}
  class Tree extends Entity.define("Tree", {
    title: z.string(),
    leaves: z.array(ref(() => Leaf)).default([]),
    named: z
      .record(
        z.string(),
        ref(() => Leaf),
      )
      .default({}),
    get other() {
      return ref(() => Tree)
        .nullable()
        .default(null);
    },
  }) {}
  return [Thing, Holder, Other, Odd, Injected, Leaf, Tree];
}

const url = await testDatabase();
let schemas = 0;
const admin = new pg.Pool({ connectionString: url, max: 1 });
// The database is dropped under connections that are still closing.
admin.on("error", () => undefined);
afterAll(() => admin.end());

function sqlite(tables: readonly AnyEntityClass[]): StorageFactory {
  return {
    async open() {
      const directory = mkdtempSync(join(tmpdir(), "minference-sqlite-"));
      const path = join(directory, "store.db");
      const storage = await openSqlite(path, { tables, synchronous: "normal" });
      return {
        storage,
        reopen: () => openSqlite(path),
        async close() {
          await storage.close();
          const after = await openSqlite(path, { readonly: true });
          expect(await after.verify()).toEqual([]);
          await after.close();
          rmSync(directory, { recursive: true });
        },
      };
    },
  };
}

function postgres(tables: readonly AnyEntityClass[]): StorageFactory {
  schemas += 1;
  const schema = `law's "tables" ${schemas}`;
  const name = pg.escapeIdentifier(schema);
  return {
    async open() {
      const storage = await openPostgres(url, { schema, tables, poolSize: 4 });
      return {
        storage,
        reopen: () => openPostgres(url, { schema }),
        async close() {
          await storage.close();
          await admin.query(`truncate ${["chain", "version", "edge", "commit", "tag"].map((table) => `${name}.${table}`).join(", ")}`);
        },
      };
    },
  };
}

const text = z.string().nullable().meta({ indexed: true }).optional();
storageConformance("SQLite with typed tables", sqlite(lawClasses(text)));
storageConformance("Postgres with typed tables", postgres(lawClasses(text)));

describe.each([
  ["a number", z.number().nullable().meta({ indexed: true })],
  ["a date", z.date().nullable().meta({ indexed: true })],
  ["a bigint", z.bigint().nullable().meta({ indexed: true })],
])("queries by a field whose column is %s", (_, field) => {
  const byField = laws.filter(({ name }) => /equal values of every kind|compare among|random queries by field/.test(name));
  const [inSqlite, inPostgres] = [sqlite(lawClasses(field)), postgres(lawClasses(field))];
  test.each(byField)("SQLite: $name", (law) => checkLaw(inSqlite, law));
  test.each(byField)("Postgres: $name", (law) => checkLaw(inPostgres, law));
});
