import { join } from "node:path";
import { type AnyEntityClass, Entity, ref } from "@minference/ecs";
import { checkLaw, CommitBuilder, laws, type StorageFactory, storageConformance } from "@minference/storage-conformance";
import { testDatabase } from "@minference/tooling-postgres";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { openPostgres } from "../src/postgres/index.ts";
import { openSqlite } from "../src/sqlite/index.ts";
import { testDirectory } from "./databases.ts";
import { reusedStore } from "./reused-store.ts";

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
const directory = testDirectory();
let stores = 0;

function sqlite(tables: readonly AnyEntityClass[], randomShare: number): StorageFactory {
  stores += 1;
  const path = join(directory, `${stores}.db`);
  return reusedStore({
    open: () => openSqlite(path, { tables, synchronous: "normal" }),
    reopen: () => openSqlite(path),
    verifies: true,
    randomShare,
  });
}

function postgres(tables: readonly AnyEntityClass[], randomShare: number): StorageFactory {
  stores += 1;
  const schema = `law's "tables" ${stores}`;
  return reusedStore({
    open: () => openPostgres(url, { schema, tables, poolSize: 4 }),
    reopen: () => openPostgres(url, { schema }),
    randomShare,
  });
}

const text = z.string().nullable().meta({ indexed: true }).optional();
storageConformance("SQLite with typed tables", {
  ...sqlite(lawClasses(text), 0.5),
  gaps: {
    "a payload of any depth hinders no query by field":
      "columns are filled by SQLite's JSON functions, which take nothing deeper than a thousand levels: it is refused as invalid",
  },
});

test("a payload that is too deep for the columns of its class is refused, and says so", async () => {
  const storage = await openSqlite(join(directory, "deep.db"), { tables: lawClasses(text) });
  const build = new CommitBuilder();
  const deep = build.root({ payload: { place: JSON.parse("[".repeat(1_500) + "]".repeat(1_500)) } });
  await expect(storage.commit(build.commit([deep]))).rejects.toMatchObject({
    code: "invalid",
    message: expect.stringContaining("nested more than 1 000 levels deep"),
  });
  await expect(storage.commit(build.commit([build.root()]))).resolves.toEqual({ status: "committed" });
  await storage.close();
});
storageConformance("Postgres with typed tables", postgres(lawClasses(text), 0.5));

describe.each([
  ["a number", z.number().nullable().meta({ indexed: true })],
  ["a date", z.date().nullable().meta({ indexed: true })],
  ["a bigint", z.bigint().nullable().meta({ indexed: true })],
])("queries by a field whose column is %s", (_, field) => {
  const byField = laws.filter(({ name }) => /equal values of every kind|compare among|random queries by field/.test(name));
  const [inSqlite, inPostgres] = [sqlite(lawClasses(field), 0.5), postgres(lawClasses(field), 0.5)];
  test.each(byField)("SQLite: $name", (law) => checkLaw(inSqlite, law));
  test.each(byField)("Postgres: $name", (law) => checkLaw(inPostgres, law));
});
