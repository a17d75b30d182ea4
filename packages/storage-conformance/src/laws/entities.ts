import assert from "node:assert/strict";
import { Entity, EntityRegistry, ref } from "@minference/ecs";
import * as z from "zod";
import type { Law } from "../law.ts";

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

class Holder extends Entity.define("Holder", {
  maybe: ref(() => Leaf).optional(),
  set: z.set(ref(() => Leaf)).default(new Set()),
  map: z
    .map(
      z.number(),
      ref(() => Leaf),
    )
    .default(new Map()),
  get self() {
    return ref(() => Holder)
      .nullable()
      .default(null);
  },
}) {}

class Needing extends Entity.define("Needing", { leaf: ref(() => Leaf) }) {}

class Everything extends Entity.define("Everything", {
  at: z.date(),
  big: z.bigint(),
  numbers: z.array(z.number()),
  odd: z.unknown(),
  text: z.string(),
  named: z.record(z.string(), z.string()),
  pairs: z.map(z.number(), z.date()),
}) {}

function makeTree(): { tree: Tree; leaves: [Leaf, Leaf, Leaf] } {
  const leaves: [Leaf, Leaf, Leaf] = [new Leaf({ name: "a" }), new Leaf({ name: "b", at: new Date(1_234) }), new Leaf({ name: "c" })];
  return { tree: new Tree({ title: "first", leaves, named: { shared: leaves[0] } }), leaves };
}

/** What a registry of entities does with the store. */
export const entityLaws: readonly Law[] = [
  {
    name: "values of every kind come back as they were: dates, bigints, negative zero, NUL, emoji, keys of JavaScript",
    async check({ storage }) {
      const registry = new EntityRegistry(storage, { entities: [Everything] });
      const fields = {
        at: new Date("2031-02-03T04:05:06.789+05:30"),
        big: 2n ** 100n,
        numbers: [-0, 0.1, 5e-324, Number.MAX_SAFE_INTEGER],
        odd: [Number.NaN, Number.NEGATIVE_INFINITY, undefined, { $type: "date", value: "plain data" }, JSON.parse('{"__proto__":{"a":1}}')],
        text: "\u0000 \u{1f5dd} \ud800 ".repeat(3),
        named: { constructor: "b", toString: "c", "": "d" },
        pairs: new Map([[-0, new Date(1)]]),
      };
      const entity = new Everything(fields);
      await registry.register(entity);
      const again = await new EntityRegistry(storage).get(Everything, entity.ecsId);
      assert.equal(again.at.getTime(), Date.UTC(2031, 1, 2, 22, 35, 6, 789));
      assert.equal(again.big, fields.big);
      assert.ok(again.numbers.every((number, index) => Object.is(number, fields.numbers[index])));
      assert.deepEqual(again.odd, fields.odd);
      assert.equal(again.text, fields.text);
      assert.deepEqual(Object.entries(again.named), Object.entries(fields.named));
      assert.deepEqual(Array.from(again.pairs), Array.from(fields.pairs));
    },
  },
  {
    name: "entities are found by their fields, tagged, pruned, redacted, exported and cleared",
    async check({ storage }) {
      const registry = new EntityRegistry(storage);
      const { tree, leaves } = makeTree();
      await registry.register(tree);
      const first = tree.ecsId;
      for (let size = 1; size <= 3; size += 1) {
        leaves[1].size = size;
        await registry.register(tree);
      }
      const named = async (page: ReturnType<typeof registry.find<typeof Leaf>>): Promise<string> =>
        (await page).items.map(({ name }) => name).join();
      assert.equal(await named(registry.find(Leaf, { where: { size: { ">=": 1 }, at: new Date(1_234) } })), "b");
      assert.equal(await named(registry.find(Leaf, { orderBy: { field: "name", direction: "descending" } })), "c,b,a");
      assert.equal(await named(registry.find(Leaf, { where: { name: "b" }, versions: "all", limit: 3 })), "b,b,b");
      await registry.tag("first", first);
      await registry.tag("taken away", tree.ecsId);
      await registry.untag("taken away");
      assert.deepEqual((await registry.tags()).items, [{ name: "first", ecsId: first }]);
      assert.deepEqual(await registry.prune({ keepLast: 1, entities: [Tree] }), { pruned: 2, kept: 8 });
      assert.deepEqual(await registry.prune({ keepLast: 1 }), { pruned: 2, kept: 6 });
      assert.equal((await registry.get(Tree, first)).leaves[1]?.size, 0);
      assert.deepEqual(await registry.verify(), []);
      const lines = await Array.fromAsync(registry.exportLineage(tree.lineageId));
      assert.equal(await registry.redact(leaves[2].lineageId), 1);
      await assert.rejects(registry.get(Leaf, leaves[2].ecsId), { code: "redacted" });
      assert.deepEqual(await Array.fromAsync(registry.listByType(Leaf, { limit: 1 }), ({ name }) => name), ["a", "b"]);
      await registry.clear();
      assert.deepEqual(await registry.importHistory(lines), { lineageId: tree.lineageId, imported: 6, known: 0 });
      assert.deepEqual((await registry.get(Tree, tree.ecsId)).toJSON(), tree.toJSON());
    },
  },
  {
    name: "what held an entity that is redacted can be loaded without it where it was detached, also later, or not at all",
    async check({ storage }) {
      const registry = new EntityRegistry(storage);
      const { tree, leaves } = makeTree();
      const above = new Tree({ title: "above", other: tree });
      const beside = new Tree({ title: "beside", leaves: [leaves[1]] });
      await registry.register([above, beside]);
      const before = [above.ecsId, tree.ecsId, beside.ecsId];
      const titles = (): Promise<string[]> =>
        Array.fromAsync(registry.listByType(Tree), ({ title, leaves: left }) => [title, ...left.map(({ name }) => name)].join(" "));
      assert.equal(await registry.redact(leaves[0].lineageId, { detach: true }), 1);
      assert.deepEqual(await titles(), ["first b c", "above", "beside b"]);
      const again = await registry.latest(Tree, above.lineageId);
      assert.deepEqual([again.parentId, again.other?.parentId, again.other?.toJSON().named], [...before.slice(0, 2), {}]);
      assert.equal((await registry.latest(Tree, beside.lineageId)).ecsId, before[2]);
      await assert.rejects(registry.get(Tree, before[0] ?? ""), { code: "redacted" });
      assert.equal(await registry.redact(leaves[1].lineageId), 1);
      await assert.rejects(titles(), { code: "redacted", message: /redact\("[-0-9a-f]+", { detach: true }\)/ });
      assert.equal(await registry.redact(leaves[1].lineageId, { detach: true }), 1);
      assert.deepEqual(await titles(), ["first c", "above", "beside"]);
      assert.equal(await registry.redact(tree.lineageId, { detach: true }), 3);
      assert.equal((await registry.latest(Tree, above.lineageId)).other, null);
      assert.deepEqual(await registry.verify(), []);
    },
  },
  {
    name: "an entity is detached from fields of every kind, or nothing is redacted where one can't be without it",
    async check({ storage }) {
      const registry = new EntityRegistry(storage);
      const [leaf, other] = [new Leaf({ name: "goes" }), new Leaf({ name: "stays" })];
      const holder = new Holder({
        maybe: leaf,
        set: new Set([leaf, other]),
        map: new Map([
          [1, leaf],
          [2, other],
        ]),
      });
      holder.self = holder;
      const needing = new Needing({ leaf });
      await registry.register([holder, needing]);
      await assert.rejects(registry.redact(leaf.lineageId, { detach: true }), { code: "invalid_value" });
      assert.equal((await registry.get(Needing, needing.ecsId)).leaf.name, "goes");
      needing.leaf = other;
      await registry.register(needing);
      assert.equal(await registry.redact(leaf.lineageId, { detach: true }), 1);
      const left = await registry.latest(Holder, holder.lineageId);
      const map = Array.from(left.map, ([key, { name }]) => [key, name]);
      assert.deepEqual(
        [left.maybe, Array.from(left.set, ({ name }) => name), map, left.self],
        [undefined, ["stays"], [[2, "stays"]], left],
      );
      assert.deepEqual(await registry.verify(), []);
    },
  },
  {
    name: "entities come back as they were registered, warm and cold, shared ones as one object",
    async check({ storage }) {
      const { tree } = makeTree();
      const { versions } = await new EntityRegistry(storage).register(tree);
      assert.equal(versions, 4);
      const registry = new EntityRegistry(storage);
      const warm = await registry.get(Tree, tree.ecsId);
      assert.deepEqual(warm.toJSON(), tree.toJSON());
      assert.equal(warm.named["shared"], warm.leaves[0]);
      assert.equal(warm.leaves[1]?.at?.getTime(), 1_234);
      const cold = await registry.getColdSnapshot(Tree, tree.ecsId);
      assert.throws(() => cold.leaves.pop(), { code: "frozen" });
      assert.deepEqual(cold.toJSON(), tree.toJSON());
    },
  },
  {
    name: "an edited entity forks with all that hold it, and what is registered unchanged writes nothing",
    async check({ storage }) {
      const registry = new EntityRegistry(storage);
      const { tree, leaves } = makeTree();
      await registry.register(tree);
      const before = [tree.ecsId, ...leaves.map((leaf) => leaf.ecsId)];
      leaves[1].size = 7;
      tree.leaves.reverse();
      assert.equal((await registry.register(tree)).versions, 2);
      assert.deepEqual([tree.parentId, leaves[1].parentId, leaves[0].ecsId], [before[0], before[2], before[1]]);
      assert.equal((await registry.register(tree)).status, "unchanged");
      const [old, present] = [await registry.get(Tree, before[0] ?? ""), await registry.get(Tree, tree.ecsId)];
      assert.deepEqual(
        old.leaves.map(({ name, size }) => [name, size]),
        [
          ["a", 0],
          ["b", 0],
          ["c", 0],
        ],
      );
      assert.deepEqual(
        present.leaves.map(({ name, size }) => [name, size]),
        [
          ["c", 0],
          ["b", 7],
          ["a", 0],
        ],
      );
      const lineage = await registry.lineage(tree.lineageId);
      assert.deepEqual(
        lineage.versions.map(({ ecsId }) => ecsId),
        [before[0], tree.ecsId],
      );
      const { changes } = await registry.diff(before[0] ?? "", tree.ecsId);
      assert.deepEqual(new Set(changes.map(({ field }) => field)), new Set(["leaves"]));
    },
  },
  {
    name: "entities that refer to each other keep their identity and fork together",
    async check({ storage }) {
      const registry = new EntityRegistry(storage);
      const [one, two] = [new Tree({ title: "one" }), new Tree({ title: "two" })];
      one.other = two;
      two.other = one;
      await registry.register(one);
      two.title = "edited";
      assert.equal((await registry.register(one)).versions, 2);
      const again = await registry.get(Tree, one.ecsId);
      assert.equal(again.other?.other, again);
      assert.equal(again.other?.title, "edited");
    },
  },
  {
    name: "of two copies of an entity that were edited apart, one is refused, kept as a branch, or merged",
    async check({ storage }) {
      const registry = new EntityRegistry(storage);
      const { tree } = makeTree();
      await registry.register(tree);
      const copy = await registry.get(Tree, tree.ecsId);
      copy.title = "copy";
      copy.leaves.push(new Leaf({ name: "from the copy" }));
      await registry.register(copy);
      tree.leaves.push(new Leaf({ name: "from here" }));
      await assert.rejects(registry.register(tree), { code: "conflict" });
      await registry.register(tree, { onConflict: "merge" });
      assert.equal(tree.title, "copy");
      const merged = await registry.get(Tree, tree.ecsId);
      assert.deepEqual(new Set(merged.leaves.map(({ name }) => name)), new Set(["a", "b", "c", "from the copy", "from here"]));
      assert.equal((await registry.lineage(tree.lineageId)).versions.length, 4);
    },
  },
];
