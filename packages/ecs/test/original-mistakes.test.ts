import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { ConflictError, Entity, EntityError, EntityRegistry, ref } from "../src/index.ts";
import { CopyingStorage } from "./copying-storage.ts";

// What the Python system that this one follows got wrong, each as it is right.

class Leaf extends Entity.define("Leaf", { name: z.string() }) {}
class Mid extends Entity.define("Mid", { leaves: z.array(ref(() => Leaf)).default([]) }) {}
class Root extends Entity.define("Root", { mid: ref(() => Mid) }) {}
class Rung extends Entity.define("Rung", {
  count: z.number().default(0),
  get below() {
    return z.array(ref(() => Rung)).default([]);
  },
}) {}
class Person extends Entity.define("Person", {
  name: z.string(),
  get confidant() {
    return ref(() => Person)
      .nullable()
      .default(null);
  },
}) {}

let storage: CopyingStorage;
let registry: EntityRegistry;
beforeEach(() => {
  storage = new CopyingStorage();
  registry = new EntityRegistry(storage);
});

function names(leaves: Iterable<Leaf>): string {
  return Array.from(leaves, ({ name }) => name).join("");
}

describe("forking", () => {
  it("gives an edited leaf, its parent and the root new ids, and leaves the old root intact", async () => {
    const leaf = new Leaf({ name: "old" });
    const mid = new Mid({ leaves: [leaf] });
    const root = new Root({ mid });
    await registry.register(root);
    const before = [root, mid, leaf].map(({ ecsId }) => ecsId);
    leaf.name = "new";
    await registry.register(root);
    const after = [root, mid, leaf].map(({ ecsId }) => ecsId);
    expect(new Set([...before, ...after]).size).toBe(6);
    expect([root, mid, leaf].map(({ parentId }) => parentId)).toEqual(before);
    const old = await registry.get(Root, before[0] ?? "");
    expect([old.mid.ecsId, names(old.mid.leaves)]).toEqual([before[1], "old"]);
  });

  it("notices a list that was reversed, and [a, b, a] that became [a, b, b]", async () => {
    const [a, b] = [new Leaf({ name: "a" }), new Leaf({ name: "b" })];
    const mid = new Mid({ leaves: [a, b, a] });
    await registry.register(mid);
    mid.leaves[2] = b;
    expect(mid.hasModifications()).toBe(true);
    await registry.register(mid);
    mid.leaves.reverse();
    expect(mid.hasModifications()).toBe(true);
    await registry.register(mid);
    const loaded = await Promise.all(
      (await registry.lineage(mid.lineageId)).versions.map(async ({ ecsId }) => names((await registry.get(Mid, ecsId)).leaves)),
    );
    expect(loaded).toEqual(["aba", "abb", "bba"]);
  });

  it("finds entities in records, tuples, maps, sets and nested lists", async () => {
    class Holder extends Entity.define("Holder", {
      record: z.record(
        z.string(),
        ref(() => Leaf),
      ),
      tuple: z.tuple([z.number(), ref(() => Leaf)]),
      map: z.map(
        z.string(),
        ref(() => Leaf),
      ),
      set: z.set(ref(() => Leaf)),
      nested: z.array(z.array(ref(() => Leaf))),
      object: z.object({ deep: z.object({ leaf: ref(() => Leaf).optional() }) }),
    }) {}
    const leaves = Array.from({ length: 6 }, (_, index) => new Leaf({ name: String(index) }));
    const [record, tuple, map, set, nested, leaf] = leaves;
    if (!record || !tuple || !map || !set || !nested || !leaf) throw new Error("no leaves");
    const holder = new Holder({
      record: { r: record },
      tuple: [1, tuple],
      map: new Map([["m", map]]),
      set: new Set([set]),
      nested: [[], [nested]],
      object: { deep: { leaf } },
    });
    expect((await registry.register(holder)).versions).toBe(7);
    for (const [index, edited] of leaves.entries()) {
      edited.name += "!";
      expect(holder.hasModifications()).toBe(true);
      expect((await registry.register(holder)).versions).toBe(2);
      const again = await registry.get(Holder, holder.ecsId);
      const found = [again.record["r"], again.tuple[1], again.map.get("m"), ...again.set, again.nested[1]?.[0], again.object.deep.leaf];
      expect(found[index]?.name).toBe(`${index}!`);
    }
  });

  it("takes a thousand layers of two shared nodes in one pass, each once, without a stack overflow", async () => {
    const leaf = new Rung({});
    let below = [leaf, new Rung({})];
    for (let layer = 1; layer < 1_000; layer++) {
      const kids = below;
      below = [new Rung({ below: kids }), new Rung({ below: kids })];
    }
    const top = new Rung({ below });
    expect((await registry.register(top)).versions).toBe(2_001);
    leaf.count = 1;
    expect(top.hasModifications()).toBe(true);
    const { versions } = await registry.register(top);
    expect(versions).toBe(2_000);
    expect(storage.commits.at(-1)?.versions.flatMap(({ edges }) => edges)).toHaveLength(2 + 2 * 2 * 998 + 2);
    const again = await registry.get(Rung, top.ecsId);
    expect(again.below[0]?.below[0]).toBe(again.below[1]?.below[0]);
  });

  it("of what did not change writes nothing", async () => {
    const root = new Root({ mid: new Mid({ leaves: [new Leaf({ name: "a" })] }) });
    await registry.register(root);
    expect(await registry.register(root)).toMatchObject({ status: "unchanged", versions: 0, ecsIds: [root.ecsId] });
    await registry.register(await registry.get(Root, root.ecsId));
    expect(storage.commits).toHaveLength(1);
  });

  it("that fails leaves nothing of it, in the store or in memory, and goes through when tried again", async () => {
    const root = new Root({ mid: new Mid({ leaves: [new Leaf({ name: "a" })] }) });
    await registry.register(root);
    const before = [root.ecsId, root.mid.ecsId, root.mid.leaves[0]?.ecsId];
    Object.assign(root.mid.leaves[0] ?? {}, { name: "b" });
    storage.failure = new Error("disk full");
    await expect(registry.register(root)).rejects.toThrow("disk full");
    storage.failure = null;
    expect([root.ecsId, root.mid.ecsId, root.mid.leaves[0]?.ecsId]).toEqual(before);
    expect([storage.commits.length, root.hasModifications(), names(root.mid.leaves)]).toEqual([1, true, "b"]);
    expect((await registry.register(root)).versions).toBe(3);
  });

  it("takes cycles together, whatever their fields are called", async () => {
    const [ann, bob, cy] = [new Person({ name: "ann" }), new Person({ name: "bob" }), new Person({ name: "cy" })];
    [ann.confidant, bob.confidant, cy.confidant] = [bob, cy, ann];
    await registry.register(bob);
    const before = [ann, bob, cy].map(({ ecsId }) => ecsId);
    cy.name = "cyd";
    expect((await registry.register(ann)).versions).toBe(3);
    expect([ann, bob, cy].map(({ parentId }) => parentId)).toEqual(before);
    const again = await registry.get(Person, ann.ecsId);
    expect([again.confidant?.confidant?.name, again.confidant?.confidant?.confidant === again]).toEqual(["cyd", true]);
  });
});

describe("versions", () => {
  it("of entities that refer to each other come back as the same objects", async () => {
    const [ann, bob] = [new Person({ name: "ann" }), new Person({ name: "bob" })];
    ann.confidant = bob;
    bob.confidant = ann;
    await registry.register(ann);
    const again = await registry.get(Person, ann.ecsId);
    expect(again.confidant?.confidant).toBe(again);
  });

  it("can't be changed through a cold snapshot", async () => {
    const mid = new Mid({ leaves: [new Leaf({ name: "stored" })] });
    await registry.register(mid);
    const cold = await registry.getColdSnapshot(Mid, mid.ecsId);
    expect(() => Object.assign(cold.leaves[0] ?? {}, { name: "changed" })).toThrow(/cold snapshot/);
    expect(() => cold.leaves.pop()).toThrow(/cold snapshot/);
    expect(names((await registry.getColdSnapshot(Mid, mid.ecsId)).leaves)).toBe("stored");
  });

  it("of two copies that were edited are not both heads without anybody knowing", async () => {
    const person = new Person({ name: "ann" });
    await registry.register(person);
    const copy = await registry.get(Person, person.ecsId);
    person.name = "mine";
    copy.name = "theirs";
    await registry.register(copy);
    const error: unknown = await registry.register(person).catch((reason: unknown) => reason);
    expect(ConflictError.is(error) && [error.conflicts[0]?.theirs.ecsId, error.conflicts[0]?.entity]).toEqual([copy.ecsId, person]);
    expect((await registry.lineage(person.lineageId)).heads).toHaveLength(1);
  });

  it("do not grow with the number of those before them", async () => {
    const person = new Person({ name: "0" });
    const sizes: number[] = [];
    for (let round = 1; round <= 50; round++) {
      person.name = String(round % 10);
      await registry.register(person);
      sizes.push(JSON.stringify(storage.commits.at(-1)).length);
    }
    expect(new Set(sizes.slice(1)).size).toBe(1);
    expect((await registry.lineage(person.lineageId)).versions).toHaveLength(50);
  });

  it("of a list that gains an element cost the element, however long the list is", async () => {
    const mid = new Mid({ leaves: Array.from({ length: 1_000 }, (_, index) => new Leaf({ name: String(index) })) });
    await registry.register(mid);
    for (let round = 0; round < 20; round++) {
      const leaf = new Leaf({ name: "appended" });
      mid.leaves.push(leaf);
      await registry.register(mid);
      const versions = storage.commits.at(-1)?.versions ?? [];
      expect(versions.map(({ type, edges, payload }) => [type, edges.length, payload === null])).toEqual([
        ["Leaf", 0, false],
        ["Mid", 1, true],
      ]);
    }
    expect((await registry.get(Mid, mid.ecsId)).leaves).toHaveLength(1_020);
  });

  it("come back with all their fields and all that went before, listed once an entity, and an unknown id is one look", async () => {
    class Message extends Entity.define("Message", {
      text: z.string(),
      at: z.date(),
      usage: z.object({ tokens: z.number() }).nullable(),
    }) {}
    class Thread extends Entity.define("Thread", {
      name: z.string(),
      prefill: z.string().default("p"),
      useHistory: z.boolean().default(true),
      step: z.number().nullable().default(null),
      history: z.array(ref(() => Message)).default([]),
    }) {}
    const thread = new Thread({ name: "t", useHistory: false, step: 3, prefill: "" });
    for (let turn = 0; turn < 4; turn++) {
      thread.history.push(new Message({ text: `turn ${turn}`, at: new Date(turn), usage: { tokens: turn } }));
      await registry.register(thread);
    }
    const looks: string[] = [];
    const watched = new Proxy(storage, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target);
        looks.push(String(key));
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const later = new EntityRegistry(watched);
    expect((await later.get(Thread, thread.ecsId)).toJSON()).toEqual(thread.toJSON());
    expect(await Array.fromAsync(later.listByType(Thread), ({ ecsId }) => ecsId)).toEqual([thread.ecsId]);
    looks.length = 0;
    await expect(later.get(Thread, thread.lineageId)).rejects.toMatchObject({ code: "not_found" });
    expect(looks).toEqual(["loadTrees"]);
  });

  it("belong to the store of their registry; two live side by side without meeting", async () => {
    const other = new EntityRegistry(new CopyingStorage());
    const [here, there] = [new Leaf({ name: "here" }), new Leaf({ name: "there" })];
    await Promise.all([registry.register(here), other.register(there)]);
    expect([await registry.has(there.ecsId), await other.has(here.ecsId)]).toEqual([false, false]);
    await expect(other.register(here)).rejects.toMatchObject({ code: "other_registry" });
  });
});

describe("assigning", () => {
  it("refuses an invalid value, naming path, expectation and value, and changes nothing", async () => {
    const leaf = new Leaf({ name: "fine" });
    await registry.register(leaf);
    let error: unknown;
    try {
      Object.assign(leaf, { name: 5 });
    } catch (reason) {
      error = reason;
    }
    expect(EntityError.is(error) && [error.code, error.message]).toEqual([
      "invalid_value",
      "Leaf.name: Invalid input: expected string, received number, got 5",
    ]);
    expect([leaf.name, leaf.hasModifications()]).toEqual(["fine", false]);
  });
});
