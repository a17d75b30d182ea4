import { inspect } from "node:util";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { Entity, EntityRegistry, ref, StorageError } from "../src/index.ts";
import type { Commit, CommitOutcome } from "../src/index.ts";
import { CopyingStorage } from "./copying-storage.ts";
import { canonical, Node, reachable } from "./graph-oracle.ts";

class Leaf extends Entity.define("Leaf", { name: z.string().default("x") }) {}
class Box extends Entity.define("Box", {
  tags: z.array(z.string()).default([]),
  leaves: z.array(ref(() => Leaf)).default([]),
  maybe: z
    .array(ref(() => Leaf))
    .nullable()
    .default(null),
  counts: z.record(z.string(), z.number()).default({}),
  marks: z.set(z.string()).default(new Set()),
  map: z
    .map(
      z.number(),
      ref(() => Leaf),
    )
    .default(new Map()),
  any: z.unknown().default(null),
}) {}

let storage: CopyingStorage;
let registry: EntityRegistry;
beforeEach(() => {
  storage = new CopyingStorage();
  registry = new EntityRegistry(storage);
});

describe("a collection that is assigned", () => {
  it("leaves the one that stood there with what it held", () => {
    const box = new Box({ tags: ["a", "b"], leaves: [new Leaf({})], counts: { x: 1 }, marks: new Set(["m"]) });
    const { tags, leaves, counts, marks } = box;
    Object.assign(box, { tags: [], leaves: [], counts: {}, marks: new Set() });
    expect([tags.length, leaves.length, counts["x"], marks.has("m")]).toEqual([2, 1, 1, true]);
    Object.assign(box, { tags, leaves, counts, marks });
    expect([box.tags, box.leaves.length, box.counts, box.marks]).toEqual([["a", "b"], 1, { x: 1 }, new Set(["m"])]);
    const other = new Box({ tags: ["c"] });
    [box.tags, other.tags] = [other.tags, box.tags];
    expect([box.tags, other.tags]).toEqual([["c"], ["a", "b"]]);
  });

  it("refuses edits through the one it replaced, so that none is lost unseen", () => {
    const box = new Box({ tags: ["a"], maybe: [], counts: {}, marks: new Set() });
    const { tags, maybe, counts, marks, map } = box;
    Object.assign(box, { tags: [], maybe: null, counts: {}, marks: new Set(), map: new Map() });
    for (const edit of [
      () => tags.push("x"),
      () => (tags[0] = "x"),
      () => maybe?.push(new Leaf({})),
      () => (counts["y"] = 1),
      () => marks.add("y"),
      () => map.set(1, new Leaf({})),
    ]) {
      expect(edit).toThrow(/was replaced by an assignment/);
    }
    expect(box.maybe).toBeNull();
  });

  it("that is null or not is no trap for revert", async () => {
    const box = new Box({ maybe: [new Leaf({})], tags: ["a"] });
    await registry.register(box);
    Object.assign(box, { maybe: null, tags: ["b"] });
    box.revert();
    expect([box.maybe?.length, box.tags, box.hasModifications()]).toEqual([1, ["a"], false]);
    box.maybe?.push(new Leaf({}));
    await registry.register(box);
    expect((await registry.get(Box, box.ecsId)).maybe).toHaveLength(2);
  });
});

describe("arrays", () => {
  it("behave as arrays do, also under generic functions", () => {
    const box = new Box({ tags: ["a", "b", "c", "d"] });
    Reflect.apply(box.tags.splice, box.tags, [0, undefined]);
    Reflect.apply(box.tags.splice, box.tags, []);
    expect(box.tags).toHaveLength(4);
    Array.prototype.splice.call(box.tags, 1, 2);
    expect(box.tags).toEqual(["a", "d"]);
    Array.prototype.push.call(box.tags, "e");
    expect(box.tags).toEqual(["a", "d", "e"]);
    expect(() => (box.tags.length = -1)).toThrow(RangeError);
    expect(() => (box.tags.length = 1.5)).toThrow(RangeError);
    box.tags.length = 1;
    expect(box.tags).toEqual(["a"]);
  });

  it("take a hundred thousand elements at once, also with rules of their own", () => {
    class Limited extends Entity.define("Limited", { numbers: z.array(z.number()).max(1_000_000).default([]) }) {}
    const limited = new Limited({ numbers: Array.from({ length: 100_000 }, (_, index) => index) });
    limited.numbers.splice(1, 0, ...Array.from({ length: 10_000 }, () => 0));
    expect(limited.numbers).toHaveLength(110_000);
  });
});

describe("rules of a collection", () => {
  it("hold for every way to edit it", () => {
    class Ruled extends Entity.define("Ruled", {
      set: z.set(z.string()).min(1),
      map: z.map(z.string(), z.number()).min(1),
      record: z.record(z.enum(["a", "b"]), z.number()),
      list: z.array(z.string()).min(1).max(2),
      byNumber: z.record(z.number(), z.string()).default({}),
    }) {}
    const ruled = new Ruled({ set: new Set(["s"]), map: new Map([["m", 1]]), record: { a: 1, b: 2 }, list: ["l"] });
    expect(() => ruled.set.clear()).toThrow(/Ruled\.set/);
    expect(() => ruled.map.clear()).toThrow(/Ruled\.map/);
    expect(() => ruled.map.delete("m")).toThrow(/Ruled\.map/);
    expect(() => Reflect.deleteProperty(ruled.record, "a")).toThrow(/Ruled\.record/);
    expect(() => ruled.list.pop()).toThrow(/Ruled\.list/);
    expect(() => ruled.list.push("x", "y")).toThrow(/Ruled\.list/);
    ruled.byNumber[5] = "five";
    expect([ruled.set.size, ruled.map.size, ruled.record, ruled.list, ruled.byNumber]).toEqual([
      1,
      1,
      { a: 1, b: 2 },
      ["l"],
      { 5: "five" },
    ]);
  });

  it("hold for the outcome of moving elements within it, not half way", () => {
    const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
    class Budget extends Entity.define("Budget", { parts: z.array(z.number()).refine((parts) => sum(parts) <= 13) }) {}
    const budget = new Budget({ parts: [1, 2, 4, 3] });
    expect(() => budget.parts.copyWithin(0, 2)).toThrow(/Budget\.parts/);
    expect(budget.parts).toEqual([1, 2, 4, 3]);
    budget.parts.copyWithin(2, 0);
    expect(budget.parts).toEqual([1, 2, 1, 2]);
  });

  it("that are about its size alone cost nothing that grows with it", () => {
    let looked = 0;
    const element = z.string().refine(() => (looked += 1) > 0);
    class Sized extends Entity.define("Sized", {
      list: z.array(element).min(1).max(1_000),
      exact: z.array(element).length(2),
      set: z.set(element).max(3),
      map: z.map(z.string(), element).min(1).max(2).nullable(),
      odd: z
        .array(z.string())
        .max(9)
        .refine((list) => list.length % 2 === 1),
    }) {}
    const sized = new Sized({ list: ["a"], exact: ["a", "b"], set: new Set(["a"]), map: new Map([["a", "a"]]), odd: ["a"] });
    for (let count = 2; count <= 1_000; count++) {
      looked = 0;
      sized.list.push("x");
      expect(looked).toBe(1);
    }
    expect(() => sized.list.push("one too many")).toThrow(/Sized\.list: .*<=1000/);
    expect(() => sized.exact.pop()).toThrow(/Sized\.exact/);
    sized.exact.splice(0, 1, "c");
    expect(() => sized.set.add("b").add("c").add("d")).toThrow(/Sized\.set/);
    expect(() => sized.map?.clear()).toThrow(/Sized\.map/);
    sized.map?.set("a", "again").set("b", "b");
    expect(() => sized.map?.set("c", "c")).toThrow(/Sized\.map/);
    expect(() => sized.odd.push("b")).toThrow(/Sized\.odd/);
    sized.odd.push("b", "c");
    expect([sized.list.length, sized.exact, sized.set.size, sized.map?.size, sized.odd.length]).toEqual([1_000, ["c", "b"], 3, 2, 3]);
  });

  it("refuse what could not be found again", () => {
    expect(() => Entity.define("Dated", { byDate: z.map(z.date(), z.string()) })).toThrow(/Dated\.byDate: a map of date keys/);
    expect(() => Entity.define("Dated", { dates: z.set(z.date()) })).toThrow(/Dated\.dates: a set of date members/);
    class Loose extends Entity.define("Loose", { map: z.map(z.unknown(), z.string()).default(new Map()) }) {}
    expect(() => new Loose({}).map.set({}, "x")).toThrow(/can't be found again/);
  });

  it("have no order where there is none: taking out and putting back is no change", async () => {
    const box = new Box({ counts: { a: 1, b: 2 }, marks: new Set(["m", "n"]), map: new Map([[0, new Leaf({})]]) });
    await registry.register(box);
    delete box.counts["a"];
    box.counts["a"] = 1;
    box.marks.delete("m");
    box.marks.add("m");
    const zero = box.map.get(0);
    box.map.delete(-0);
    if (zero !== undefined) box.map.set(-0, zero);
    expect(box.hasModifications()).toBe(false);
  });
});

describe("a copy", () => {
  it("is made from the entity itself, and refused from a spread, which has no fields", () => {
    const box = new Box({ tags: ["a"], leaves: [new Leaf({})] });
    const copy = new Box(box);
    copy.tags.push("b");
    expect([copy.tags, box.tags, copy.leaves[0] === box.leaves[0], copy.lineageId === box.lineageId]).toEqual([
      ["a", "b"],
      ["a"],
      true,
      false,
    ]);
    // oxlint-disable-next-line typescript/no-misused-spread -- that is what is refused
    expect(() => new Box({ ...box, tags: [] })).toThrow(/not copied by spreading/);
  });
});

describe("a class", () => {
  it("that declares a field again is refused before an edit is lost", async () => {
    class Hiding extends Entity.define("Hiding", { name: z.string() }) {
      override name = "hidden";
    }
    await expect(registry.register(new Hiding({ name: "real" }))).rejects.toThrow(/Hiding\.name: the class declares the field again/);
  });

  it("whose objects can't be made before their fields are there is refused before what could not be loaded is stored", async () => {
    class Counting extends Entity.define("Counting", { name: z.string() }) {
      readonly letters = this.name.length;
    }
    class Making extends Entity.define("Making", { name: z.string() }) {
      constructor(name: string) {
        super({ name });
      }
    }
    for (const made of [new Counting({ name: "a" }), new Making("a")]) {
      await expect(registry.register(made)).rejects.toMatchObject({ code: "invalid_definition" });
    }
    expect(storage.commits).toEqual([]);
  });

  it("shows its fields when printed, and keeps secrets", () => {
    class Shown extends Entity.define("Shown", { text: z.string(), key: z.string().meta({ secret: true }), leaf: ref(() => Leaf) }) {}
    const text = inspect(new Shown({ text: "hello", key: "sk-1", leaf: new Leaf({}) }));
    expect(text).toMatch(/^Shown \{/);
    expect(text).toContain("text: 'hello'");
    expect(text).toMatch(/leaf: 'Leaf [0-9a-f-]{36}'/);
    expect(text).not.toContain("sk-1");
  });
});

describe("a value", () => {
  it("that contains itself, or is nested without end, is refused clearly", () => {
    const cyclic: Record<string, unknown> = {};
    cyclic["self"] = cyclic;
    expect(() => new Box({ any: cyclic })).toThrow(/contains itself/);
    let deep: unknown = 0;
    for (let level = 0; level < 10_000; level++) deep = [deep];
    expect(() => new Box({ any: deep })).toThrow(/nested more than 500/);
    class Json extends Entity.define("Json", { json: z.json() }) {}
    expect(() => Reflect.construct(Json, [{ json: cyclic }])).toThrow(/contains itself/);
  });

  it("says what was expected of a union, and why a check can't run", () => {
    class Checked extends Entity.define("Checked", {
      either: z.union([z.string(), z.number()]).default(0),
      later: z
        .string()
        .refine(async () => true)
        .optional(),
      number: z.number().default(0),
    }) {}
    const checked = new Checked({});
    expect(() => Object.assign(checked, { either: true })).toThrow(
      /Checked\.either: .*expected string.*; or .*expected number.*, got true/,
    );
    expect(() => Object.assign(checked, { number: Number.NaN })).toThrow(/got NaN/);
    expect(() => Object.assign(checked, { later: "x" })).toThrow(/asynchronous check/);
  });
});

describe("a default that brings an entity", () => {
  it("is stored with the next version, edits included", async () => {
    class Old extends Entity.define("Grown", { text: z.string() }) {}
    const old = new Old({ text: "t" });
    await new EntityRegistry(storage).register(old);
    class Grown extends Entity.define("Grown", {
      text: z.string(),
      leaf: ref(() => Leaf).default(() => new Leaf({ name: "fresh" })),
      list: z.array(ref(() => Leaf)).default([]),
      meta: z.object({ deep: z.array(z.number()) }).default({ deep: [] }),
    }) {}
    const grown = await registry.get(Grown, old.ecsId);
    expect(() => Reflect.apply(Array.prototype.push, grown.meta.deep, [1])).toThrow(TypeError);
    grown.leaf.name = "edited";
    await registry.register(grown);
    expect((await registry.get(Grown, grown.ecsId)).leaf.name).toBe("edited");
  });
});

describe("failures while commits are under way", () => {
  it("leave nothing behind that could not be stored later", async () => {
    class Pair extends Entity.define("Pair", {
      v: z.number().default(0),
      get o() {
        return ref(() => Pair)
          .nullable()
          .default(null);
      },
    }) {}
    const gates = Array.from({ length: 2 }, () => Promise.withResolvers<void>());
    let call = 0;
    const commit = storage.commit.bind(storage);
    storage.commit = async (one: Commit): Promise<CommitOutcome> => {
      await gates[call++]?.promise;
      return commit(one);
    };
    const [a, b] = [new Pair({}), new Pair({})];
    const outcomes = [registry.register(a), registry.register(b)];
    a.o = b;
    outcomes.push(registry.register(a));
    gates[1]?.reject(new Error("busy"));
    await Promise.allSettled(outcomes.slice(1, 2));
    a.v = 2;
    outcomes.push(registry.register(a));
    gates[0]?.reject(new Error("busy"));
    await Promise.allSettled(outcomes);
    await registry.register(a);
    expect((await registry.get(Pair, a.ecsId)).o?.v).toBe(0);
    expect((await registry.get(Pair, a.ecsId)).v).toBe(2);
  });

  it("of any kind end with the store holding what memory does, once it is healthy again", async () => {
    const nodeNumber = fc.nat({ max: 5 });
    const step = fc.record({
      on: nodeNumber,
      to: nodeNumber,
      what: fc.constantFrom("value", "push", "pop", "next", "bag", "register"),
      fails: fc.integer({ min: 0, max: 9 }),
      delay: fc.nat({ max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30, size: "max" }), async (steps) => {
        const flaky = new CopyingStorage();
        const commit = flaky.commit.bind(flaky);
        const look = flaky.loadHeaders.bind(flaky);
        let isDown = false;
        flaky.loadHeaders = async (ecsIds) => {
          if (isDown) throw new StorageError("unreachable", "down");
          return look(ecsIds);
        };
        const plans = steps.filter(({ what }) => what === "register").map(({ fails, delay }) => ({ fails, delay }));
        flaky.commit = async (one: Commit): Promise<CommitOutcome> => {
          const plan = plans.shift();
          for (let turn = 0; turn < (plan?.delay ?? 0); turn++) await Promise.resolve();
          isDown = plan?.fails === 0 || plan?.fails === 4;
          if ((plan?.fails ?? 9) < 3) throw new StorageError("busy", "busy");
          const outcome = await commit(one);
          if (plan?.fails === 3 || plan?.fails === 4) throw new StorageError("unreachable", "stored, but the answer was lost");
          return outcome;
        };
        const own = new EntityRegistry(flaky);
        const nodes = Array.from({ length: 6 }, (_, value) => new Node({ value }));
        const registering: Promise<unknown>[] = [];
        for (const { on, to, what, delay } of steps) {
          const [node, other] = [nodes[on], nodes[to]];
          if (node === undefined || other === undefined) continue;
          if (what === "value") node.value = to;
          else if (what === "push") node.kids.push(other);
          else if (what === "pop") node.kids.pop();
          else if (what === "next") node.next = other;
          else if (what === "bag") node.bag.add(other);
          else registering.push(own.register(node, { onConflict: "branch" }).catch(() => undefined));
          if (delay === 0) await Promise.resolve();
        }
        await Promise.all(registering);
        plans.length = 0;
        isDown = false;
        for (const node of nodes) await own.register(node);
        for (const node of nodes) {
          expect(node.hasModifications()).toBe(false);
          const loaded = await own.get(Node, node.ecsId);
          const name = (one: Node): string => one.ecsId;
          expect(canonical(loaded, name)).toBe(canonical(node, name));
          expect(reachable(loaded).size).toBe(reachable(node).size);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("are told apart from a commit that was stored with only its answer lost", async () => {
    const box = new Box({});
    const commit = storage.commit.bind(storage);
    let lost = true;
    storage.commit = async (one: Commit): Promise<CommitOutcome> => {
      const outcome = await commit(one);
      if (lost) throw new StorageError("unreachable", "the answer was lost");
      return outcome;
    };
    expect((await registry.register(box)).status).toBe("committed");
    lost = false;
    box.tags.push("x");
    await registry.register(box);
    expect((await registry.lineage(box.lineageId)).versions).toHaveLength(2);
  });

  it("are told apart also when that can only be asked later, with the edits made until then", async () => {
    const [box, other] = [new Box({}), new Box({ tags: ["other"] })];
    const commit = storage.commit.bind(storage);
    const look = storage.loadHeaders.bind(storage);
    const down = (): never => {
      throw new StorageError("unreachable", "down");
    };
    storage.commit = async (one: Commit): Promise<CommitOutcome> => {
      await commit(one);
      return down();
    };
    storage.loadHeaders = async () => down();
    for (const tag of ["first", "second"]) {
      box.tags.push(tag);
      await expect(registry.register([box, other])).rejects.toMatchObject({ code: "unreachable" });
    }
    expect(storage.commits).toHaveLength(1);
    storage.commit = commit;
    storage.loadHeaders = look;
    const { tags } = box;
    const { versions } = await registry.register([box, other]);
    expect([versions, box.tags === tags, box.hasModifications()]).toEqual([1, true, false]);
    const again = await registry.lineage(box.lineageId);
    const stored = await registry.getMany(
      Box,
      again.versions.map(({ ecsId }) => ecsId),
    );
    expect(stored.map((one) => one.tags)).toEqual([["first"], ["first", "second"]]);
    expect((await registry.get(Box, other.ecsId)).tags).toEqual(["other"]);
  });

  it("do not bind a new entity to a store that refused it", async () => {
    const box = new Box({});
    storage.failure = new Error("disk full");
    await expect(registry.register(box)).rejects.toThrow("disk full");
    const other = new EntityRegistry(new CopyingStorage());
    await other.register(box);
    expect(await other.has(box.ecsId)).toBe(true);
    await expect(registry.register(box)).rejects.toMatchObject({ code: "other_registry" });
  });

  it("of a logger do not make a stored commit look refused, and closing waits for what was asked for", async () => {
    const fail = (): never => {
      throw new Error("log is full");
    };
    const warnings: string[] = [];
    const listen = (warning: Error): void => void warnings.push(warning.message);
    process.on("warning", listen);
    const loud = new EntityRegistry(storage, { logger: { debug: fail, info: fail, warn: fail, error: fail } });
    const box = new Box({});
    const first = loud.register(box);
    box.tags.push("later");
    const second = loud.register(box);
    await loud.close();
    expect([(await first).status, (await second).status]).toEqual(["committed", "committed"]);
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", listen);
    expect(new Set(warnings)).toEqual(new Set(["log is full"]));
  });
});

describe("revert", () => {
  it("also reverts what comes back by it", async () => {
    const leaf = new Leaf({ name: "a" });
    const box = new Box({ leaves: [leaf] });
    await registry.register(box);
    leaf.name = "edited";
    box.leaves.pop();
    box.revert();
    expect([leaf.name, box.leaves[0] === leaf, box.hasModifications()]).toEqual(["a", true, false]);
  });
});

describe("ids of a registration", () => {
  it("stand in the order of what was given, repetitions included", async () => {
    const [a, b] = [new Leaf({ name: "a" }), new Leaf({ name: "b" })];
    const { ecsIds } = await registry.register([a, b, a]);
    expect(ecsIds).toEqual([a.ecsId, b.ecsId, a.ecsId]);
  });
});
