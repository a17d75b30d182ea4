import { describe, expect, it } from "vitest";
import * as z from "zod";
import { Entity, EntityRegistry, ref, ConflictError } from "../src/index.ts";
import { CopyingStorage } from "./copying-storage.ts";

class Leaf extends Entity.define("Leaf", { name: z.string(), size: z.number().default(0) }) {
  get label(): string {
    return `${this.name} (${this.size})`;
  }
}
class Middle extends Entity.define("Middle", { leaves: z.array(ref(() => Leaf)).default([]), title: z.string().default("") }) {}
class Root extends Entity.define("Root", {
  middle: ref(() => Middle),
  named: z
    .record(
      z.string(),
      ref(() => Leaf),
    )
    .default({}),
}) {}

function setUp(): { storage: CopyingStorage; registry: EntityRegistry } {
  const storage = new CopyingStorage();
  return { storage, registry: new EntityRegistry(storage) };
}

function tree(): { root: Root; middle: Middle; leaves: Leaf[] } {
  const leaves = ["a", "b", "c"].map((name) => new Leaf({ name }));
  const middle = new Middle({ leaves });
  return { root: new Root({ middle }), middle, leaves };
}

describe("registering", () => {
  it("stores a new tree in one commit and brings it back equal", async () => {
    const { storage, registry } = setUp();
    const { root } = tree();
    expect(root.hasModifications()).toBe(true);
    const id = root.ecsId;
    const done = await registry.register(root);
    expect(done.versions).toBe(5);
    expect(storage.commits).toHaveLength(1);
    expect(root.ecsId).toBe(id);
    expect(root.hasModifications()).toBe(false);
    const again = await registry.get(Root, root.ecsId);
    expect(again).not.toBe(root);
    expect(again.liveId).not.toBe(root.liveId);
    expect(again.fromStorage).toBe(true);
    expect(again.toJSON()).toEqual(root.toJSON());
    expect(again.middle.leaves.map((leaf) => leaf.label)).toEqual(["a (0)", "b (0)", "c (0)"]);
  });

  it("writes nothing when nothing has changed", async () => {
    const { storage, registry } = setUp();
    const { root, leaves } = tree();
    await registry.register(root);
    expect(await registry.register(root)).toEqual({ status: "unchanged", commitId: null, versions: 0, ecsIds: [root.ecsId] });
    const [leaf] = leaves;
    if (leaf === undefined) throw new Error("no leaf");
    leaf.name = "x";
    expect(root.hasModifications()).toBe(true);
    leaf.name = "a";
    expect(root.hasModifications()).toBe(false);
    await registry.register(root);
    expect(storage.commits).toHaveLength(1);
  });

  it("gives an edited leaf, its middle and the root new versions, and leaves the old ones as they were", async () => {
    const { registry } = setUp();
    const { root, middle, leaves } = tree();
    await registry.register(root);
    const before = [root, middle, ...leaves].map((entity) => entity.ecsId);
    const [first, second] = leaves;
    if (first === undefined || second === undefined) throw new Error("no leaf");
    first.size = 7;
    const done = await registry.register(root);
    expect(done.versions).toBe(3);
    expect(root.parentId).toBe(before[0]);
    expect(middle.parentId).toBe(before[1]);
    expect(first.parentId).toBe(before[2]);
    expect(second.ecsId).toBe(before[3]);
    const old = await registry.get(Root, before[0] ?? "");
    expect(old.middle.leaves[0]?.size).toBe(0);
    const current = await registry.get(Root, root.ecsId);
    expect(current.middle.leaves[0]?.size).toBe(7);
    const lineage = await registry.lineage(root.lineageId);
    expect(lineage.versions.map((version) => version.ecsId)).toEqual([before[0], root.ecsId]);
  });

  it("notices order: reversing a list and repeating an element are changes", async () => {
    const { registry } = setUp();
    const { root, middle } = tree();
    await registry.register(root);
    middle.leaves.reverse();
    expect(root.hasModifications()).toBe(true);
    await registry.register(root);
    expect((await registry.get(Root, root.ecsId)).middle.leaves.map((leaf) => leaf.name)).toEqual(["c", "b", "a"]);
    middle.leaves.reverse();
    middle.leaves.reverse();
    expect(root.hasModifications()).toBe(false);
    const [c, b] = middle.leaves;
    if (c === undefined || b === undefined) throw new Error("no leaf");
    middle.leaves[0] = b;
    await registry.register(root);
    const again = await registry.get(Root, root.ecsId);
    expect(again.middle.leaves.map((leaf) => leaf.name)).toEqual(["b", "b", "a"]);
    expect(again.middle.leaves[0]).toBe(again.middle.leaves[1]);
  });

  it("is of the moment it was asked for: what is edited while it is under way stays for the next", async () => {
    const { storage, registry } = setUp();
    const { root, middle } = tree();
    await registry.register(root);
    const gate = Promise.withResolvers<void>();
    storage.gate = gate.promise;
    middle.title = "one";
    middle.leaves.push(new Leaf({ name: "d" }));
    const first = registry.register(root);
    middle.title = "two";
    middle.leaves.push(new Leaf({ name: "e" }));
    const second = registry.register(root);
    middle.title = "three";
    gate.resolve();
    await first;
    const versions = [root.ecsId];
    await second;
    versions.push(root.ecsId);
    expect(root.hasModifications()).toBe(true);
    const loaded = await Promise.all(versions.map((id) => registry.get(Root, id)));
    const heads = await registry.lineage(root.lineageId);
    expect(heads.versions).toHaveLength(3);
    const stored = await Promise.all(heads.versions.map(({ ecsId }) => registry.get(Root, ecsId)));
    expect(stored.map((version) => version.middle.title)).toEqual(["", "one", "two"]);
    expect(stored.map((version) => version.middle.leaves.length)).toEqual([3, 4, 5]);
    expect(loaded.at(-1)?.middle.title).toBe("two");
  });

  it("leaves memory as it was when the store refuses, also under later plans", async () => {
    const { storage, registry } = setUp();
    const { root, middle, leaves } = tree();
    await registry.register(root);
    const id = root.ecsId;
    const gate = Promise.withResolvers<void>();
    storage.gate = gate.promise;
    storage.failure = new Error("disk full");
    middle.leaves.push(new Leaf({ name: "d" }));
    const first = registry.register(root);
    const [leaf] = leaves;
    if (leaf === undefined) throw new Error("no leaf");
    leaf.size = 1;
    const second = registry.register(root);
    middle.leaves.shift();
    gate.resolve();
    await expect(first).rejects.toThrow("disk full");
    await expect(second).rejects.toThrow("disk full");
    expect(root.ecsId).toBe(id);
    expect(root.hasModifications()).toBe(true);
    storage.failure = null;
    await registry.register(root);
    const again = await registry.get(Root, root.ecsId);
    expect(again.middle.leaves.map((l) => l.name)).toEqual(["b", "c", "d"]);
    expect(root.parentId).toBe(id);
    expect(storage.commits).toHaveLength(2);
  });

  it("has nothing to store when edits are taken back that the store refused, whatever was moved meanwhile", async () => {
    const { storage, registry } = setUp();
    const { root, middle, leaves } = tree();
    await registry.register(root);
    storage.failure = new Error("disk full");
    for (const leaf of leaves) leaf.size = 1;
    const refused = registry.register(root);
    middle.leaves.reverse();
    await expect(refused).rejects.toThrow("disk full");
    root.revert();
    storage.failure = null;
    expect([middle.leaves.map(({ name }) => name), root.hasModifications()]).toEqual([["a", "b", "c"], false]);
    expect((await registry.register(root)).status).toBe("unchanged");
  });

  it("rejects the later of two copies that edited one version, or keeps it as a branch", async () => {
    const { registry } = setUp();
    const { root } = tree();
    await registry.register(root);
    const copy = await registry.get(Root, root.ecsId);
    root.middle.title = "mine";
    copy.middle.title = "theirs";
    await registry.register(copy);
    const error: unknown = await registry.register(root).catch((reason: unknown) => reason);
    expect(ConflictError.is(error) && error.conflicts[0]?.headId).toBe(copy.ecsId);
    expect(root.hasModifications()).toBe(true);
    await registry.register(root, { onConflict: "branch" });
    const lineage = await registry.lineage(root.lineageId);
    expect(lineage.heads.map((head) => head.ecsId)).toEqual([copy.ecsId, root.ecsId]);
    expect((await registry.get(Root, root.ecsId)).middle.title).toBe("mine");
  });

  it("lets several owners share an entity: each is stale until it is registered itself", async () => {
    const { registry } = setUp();
    const shared = new Leaf({ name: "shared" });
    const one = new Middle({ leaves: [shared] });
    const two = new Middle({ leaves: [shared] });
    await Promise.all([registry.register(one), registry.register(two)]);
    const old = shared.ecsId;
    shared.size = 2;
    await registry.register(one);
    expect(one.hasModifications()).toBe(false);
    expect(two.hasModifications()).toBe(true);
    expect((await registry.get(Middle, two.ecsId)).leaves[0]?.ecsId).toBe(old);
    expect((await registry.register(two)).versions).toBe(1);
    expect((await registry.get(Middle, two.ecsId)).leaves[0]?.size).toBe(2);
  });
});

describe("loading several versions", () => {
  it("gives them in the order of their ids, as one graph", async () => {
    const { registry } = setUp();
    const { root, middle, leaves } = tree();
    const other = new Middle({ leaves, title: "other" });
    await registry.register([root, other]);
    const [first, second, again] = await registry.getMany(Middle, [other.ecsId, middle.ecsId, other.ecsId]);
    expect([first?.ecsId, second?.ecsId, again]).toEqual([other.ecsId, middle.ecsId, first]);
    expect(first?.leaves.every((leaf, index) => leaf === second?.leaves[index] && leaf !== leaves[index])).toBe(true);
    expect(await registry.getMany(Middle, [])).toEqual([]);
  });

  it("fails when one of them is not stored, or is of another class", async () => {
    const { registry } = setUp();
    const { root, middle } = tree();
    await registry.register(root);
    const unknown = "00000000-0000-7000-8000-000000000000";
    await expect(registry.getMany(Middle, [middle.ecsId, unknown])).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringContaining(unknown),
    });
    await expect(registry.getMany(Middle, [middle.ecsId, root.ecsId])).rejects.toMatchObject({ code: "wrong_type" });
  });
});

describe("cold snapshots", () => {
  it("can't be changed", async () => {
    const { registry } = setUp();
    const { root } = tree();
    await registry.register(root);
    const cold = await registry.getColdSnapshot(Root, root.ecsId);
    expect(() => (cold.middle.title = "x")).toThrow(/cold snapshot/);
    expect(() => cold.middle.leaves.push(new Leaf({ name: "x" }))).toThrow(/cold snapshot/);
    expect(() => cold.middle.leaves.sort()).not.toThrow();
    expect(() => cold.middle.leaves.reverse()).toThrow(/cold snapshot/);
    expect(cold.middle.leaves).toHaveLength(3);
  });
});

describe("cycles", () => {
  it("keep identity and fork together", async () => {
    class Person extends Entity.define("Person", {
      name: z.string(),
      get friend() {
        return ref(() => Person)
          .nullable()
          .default(null);
      },
    }) {}
    const { registry } = setUp();
    const a = new Person({ name: "a" });
    const b = new Person({ name: "b", friend: a });
    a.friend = b;
    await registry.register(a);
    const [firstA, firstB] = [a.ecsId, b.ecsId];
    const again = await registry.get(Person, a.ecsId);
    expect(again.friend?.friend).toBe(again);
    b.name = "c";
    expect((await registry.register(a)).versions).toBe(2);
    expect([a.parentId, b.parentId]).toEqual([firstA, firstB]);
    expect((await registry.get(Person, b.ecsId)).friend?.friend?.name).toBe("c");
  });
});

describe("an entity that is let go and taken back", () => {
  it("is noticed when it moved on meanwhile", async () => {
    const { registry } = setUp();
    const leaf = new Leaf({ name: "a" });
    const middle = new Middle({ leaves: [leaf] });
    await registry.register(middle);
    middle.leaves.pop();
    leaf.size = 1;
    await registry.register(leaf);
    middle.leaves.push(leaf);
    expect(middle.hasModifications()).toBe(true);
    await registry.register(middle);
    expect((await registry.get(Middle, middle.ecsId)).leaves[0]?.size).toBe(1);
  });
});
