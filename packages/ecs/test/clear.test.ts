import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { Entity, EntityRegistry, MemoryLog, ref } from "../src/index.ts";
import { CopyingStorage } from "./copying-storage.ts";

class Leaf extends Entity.define("Leaf", { name: z.string() }) {}
class Tree extends Entity.define("Tree", { title: z.string().default(""), leaves: z.array(ref(() => Leaf)).default([]) }) {}

let storage: CopyingStorage;
let registry: EntityRegistry;
let log: MemoryLog;
beforeEach(() => {
  storage = new CopyingStorage();
  log = new MemoryLog();
  registry = new EntityRegistry(storage, { logger: log });
});

describe("clearing a registry", () => {
  it("leaves an empty store that goes on, after what was registered before", async () => {
    const tree = new Tree({ leaves: [new Leaf({ name: "a" })] });
    const registering = registry.register(tree);
    await registry.clear();
    expect((await registering).status).toBe("committed");
    expect(await registry.has(tree.ecsId)).toBe(false);
    expect(await Array.fromAsync(registry.listByType(Tree))).toEqual([]);
    await expect(registry.lineage(tree.lineageId)).rejects.toMatchObject({ code: "not_found" });
    const fresh = new Tree({ leaves: [new Leaf({ name: "b" })] });
    await registry.register(fresh);
    expect((await registry.get(Tree, fresh.ecsId)).leaves[0]?.name).toBe("b");
    expect(log.records.some(({ message, fields }) => message === "store cleared" && fields.operation === "clear")).toBe(true);
  });

  it("refuses what is from before, also unchanged or held by something new, and leaves it readable", async () => {
    const leaf = new Leaf({ name: "old" });
    const tree = new Tree({ leaves: [leaf] });
    await registry.register(tree);
    const copy = await registry.get(Tree, tree.ecsId);
    await registry.clear();
    const holder = new Tree({ leaves: [leaf] });
    for (const entity of [tree, leaf, copy, holder]) {
      await expect(registry.register(entity)).rejects.toMatchObject({ code: "cleared" });
    }
    tree.title = "edited";
    await expect(registry.register(tree)).rejects.toMatchObject({ code: "cleared" });
    expect([tree.title, tree.leaves[0]?.name, tree.hasModifications()]).toEqual(["edited", "old", true]);
    expect(storage.commits).toEqual([]);
    const renewed = Tree.fromJSON(tree.toJSON());
    expect((await registry.register(renewed)).versions).toBe(2);
    expect((await registry.get(Tree, renewed.ecsId)).title).toBe("edited");
    await expect(registry.get(Tree, tree.ecsId)).rejects.toMatchObject({ code: "not_found" });
  });

  it("lets what is registered meanwhile wait, and changes nothing when the store fails", async () => {
    const tree = new Tree({});
    await registry.register(tree);
    storage.failure = new Error("disk full");
    await expect(registry.clear()).rejects.toThrow("disk full");
    storage.failure = null;
    tree.title = "still here";
    await registry.register(tree);
    const clearing = registry.clear();
    const fresh = new Tree({ title: "fresh" });
    const registering = registry.register(fresh);
    await clearing;
    await registering;
    fresh.title = "edited";
    await registry.register(fresh);
    expect((await registry.lineage(fresh.lineageId)).versions).toHaveLength(2);
  });
});

describe("children", () => {
  it("are the versions that a version directly refers to, each once", async () => {
    const [a, b] = [new Leaf({ name: "a" }), new Leaf({ name: "b" })];
    const tree = new Tree({ leaves: [a, b, a] });
    await registry.register(tree);
    expect((await registry.children(tree.ecsId)).map(({ ecsId }) => ecsId)).toEqual([a.ecsId, b.ecsId]);
    expect(await registry.children(a.ecsId)).toEqual([]);
    await expect(registry.children(tree.lineageId)).rejects.toMatchObject({ code: "not_found" });
  });
});
