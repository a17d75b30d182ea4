import { type AnyEntityClass, Entity, type ListQuery } from "@minference/ecs";
import { CommitBuilder } from "@minference/storage-conformance";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { testDatabases } from "./databases.ts";

const name = z.string().meta({ indexed: true });

class Dog extends Entity.define("Dog", { name }) {}
class Puppy extends Dog.extend("Puppy", {}) {}

class Animal extends Entity.define("Animal", { title: z.string().optional() }) {}
class AnimalDog extends Animal.extend("Dog", { name }) {}

class Named extends Entity.define("Animal", { title: z.string() }) {}
class TitledDog extends Named.extend("Dog", {}) {}

const dogs: ListQuery = { types: ["Dog"], versions: "heads", where: [{ field: "name", operator: "=", value: "Rex" }], limit: 9 };

describe.each(await testDatabases())("a class that gets a base class, on $name", ({ newStore }) => {
  test.each<[what: string, before: readonly AnyEntityClass[], after: Record<string, number>, reasons: readonly RegExp[]]>([
    ["the only one of its family", [Dog], { animal: 2 }, [/Animal has no table/]],
    ["one of several", [Dog, Puppy], { animal: 2, dog: 1 }, [/Animal has no table/, /Dog is in another table/]],
  ])("moves to the table of its family: %s", async (_, before, after, reasons) => {
    const store = newStore();
    const storage = await store.open({ tables: before });
    const build = new CommitBuilder();
    const add = (type: string) => storage.commit(build.commit([build.root({ type, payload: { name: "Rex" } })]));
    await add("Dog");
    await add("Dog");
    if (before.includes(Puppy)) await add("Puppy");
    const reader = await store.open();
    expect((await reader.list(dogs)).items).toHaveLength(2);
    await expect(store.open({ tables: [Animal, AnimalDog] })).rejects.toMatchObject({
      code: "outdated_tables",
      message: expect.stringContaining("table dog has classes of Animal"),
    });
    const changes = await storage.migrateTables({ tables: [Animal, AnimalDog] });
    expect(changes.map((change) => change.reasons.join("; "))).toEqual(reasons.map((reason) => expect.stringMatching(reason)));
    expect(await storage.migrateTables({ tables: [Animal, AnimalDog] })).toEqual([]);
    expect(Object.fromEntries((await storage.typedTables()).map((table) => [table.name, table.rows]))).toEqual(after);
    for (const each of [storage, reader]) expect((await each.list(dogs)).items).toHaveLength(2);
    expect(await storage.verify()).toEqual([]);
    // A release that knows nothing of the base class writes what the table takes.
    await (await store.open({ tables: [Dog] })).close();
    await Promise.all([storage, reader].map((each) => each.close()));
  });

  test("leaves no table behind that would refuse it", async () => {
    const store = newStore();
    await (await store.open({ tables: [Dog] })).close();
    const storage = await store.open({ tables: [Named, TitledDog] });
    expect((await storage.typedTables()).map((table) => table.name)).toEqual(["animal"]);
    const build = new CommitBuilder();
    await storage.commit(build.commit([build.root({ type: "Dog", payload: { title: "Rex" } })]));
    expect(await storage.verify()).toEqual([]);
    await storage.close();
  });

  test("is taken out of a table that was left behind before", async () => {
    const store = newStore();
    const storage = await store.open({ tables: [Dog] });
    const build = new CommitBuilder();
    const dog = build.root({ type: "Dog", payload: { name: "Rex" } });
    await storage.commit(build.commit([dog]));
    const other = newStore();
    await (await other.open({ tables: [Animal, AnimalDog] })).close();
    const [animal] = await other.query("select mapping from typed_table");
    const mapping = String(animal?.["mapping"]).replaceAll("'", "''");
    await store.tamper(`create table animal (vid integer primary key, entity_type text, schema_version integer, title text, name text);
      create view animal_versions as select 1 as one; create view animal_latest as select 1 as one;
      insert into animal select vid, 'Dog', 1, null, 'Rex' from version;
      insert into typed_table (name, generation, mapping) values ('animal', 1, '${mapping}')`);
    const reader = await store.open();
    expect((await reader.list(dogs)).items).toHaveLength(1);
    await expect(store.open({ tables: [Animal, AnimalDog] })).rejects.toMatchObject({ code: "outdated_tables" });
    const plans = await storage.planTables({ tables: [Animal, AnimalDog] });
    expect(plans).toMatchObject([{ table: "dog", reasons: ["Dog is in another table"] }]);
    expect(await storage.migrateTables({ tables: [Animal, AnimalDog] })).toEqual(plans);
    expect((await storage.typedTables()).map((table) => table.name)).toEqual(["animal"]);
    expect((await reader.list(dogs)).items).toHaveLength(1);
    await Promise.all([storage, reader].map((each) => each.close()));
  });

  test("or extends one that has a table joins it where only its indexes are wanted", async () => {
    const store = newStore();
    const storage = await store.open({ tables: [Dog] });
    const build = new CommitBuilder();
    await storage.commit(build.commit([build.root({ type: "Puppy", payload: { name: "Rex", size: null } })]));
    const indexes = [class Grown extends Dog.extend("Puppy", { size: z.int().meta({ indexed: true }) }) {}];
    await expect(store.open({ indexes })).rejects.toMatchObject({ code: "outdated_tables" });
    expect(await storage.migrateTables({ indexes })).toMatchObject([{ table: "dog", reasons: ["Puppy is not in it"] }]);
    expect(await storage.migrateTables({ indexes })).toEqual([]);
    for (const classes of [{ indexes }, { tables: [Dog] }]) await (await store.open(classes)).close();
    expect(await store.query("select entity_type, name, size from dog")).toEqual([{ entity_type: "Puppy", name: "Rex", size: null }]);
    expect((await storage.list({ ...dogs, types: ["Puppy"] })).items).toHaveLength(1);
    expect(await storage.verify()).toEqual([]);
    await storage.close();
    const empty = newStore();
    await (await empty.open({ tables: [Dog] })).close();
    const opened = await empty.open({ indexes });
    expect(await opened.typedTables()).toMatchObject([{ name: "dog", types: ["Dog", "Puppy"] }]);
    await opened.close();
  });
});
