import { beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import * as z from "zod";
import { ConflictError, type ConflictSides, Entity, EntityRegistry, ref } from "../src/index.ts";
import { CopyingStorage } from "./copying-storage.ts";

class Item extends Entity.define("Item", { name: z.string() }) {}
class Order extends Entity.define("Order", {
  note: z.string().default(""),
  items: z.array(ref(() => Item)).default([]),
  main: ref(() => Item)
    .nullable()
    .default(null),
}) {}
class RushOrder extends Order.extend("RushOrder", { by: z.string() }) {}

let storage: CopyingStorage;
let registry: EntityRegistry;
beforeEach(() => {
  storage = new CopyingStorage();
  registry = new EntityRegistry(storage);
});

async function conflictOf(registering: Promise<unknown>): Promise<ConflictError> {
  const error: unknown = await registering.catch((reason: unknown) => reason);
  if (ConflictError.is(error)) return error;
  throw error;
}

describe("a conflict", () => {
  it("holds both sides: what was attempted, as it was then, and what was there first", async () => {
    const shared = new Item({ name: "shared" });
    const mine = new Order({ items: [shared, new Item({ name: "taken out" })], main: shared });
    await registry.register(mine);
    const before = mine.ecsId;
    const theirs = await registry.get(Order, before);
    theirs.note = "theirs";
    await registry.register(theirs, { actor: "somebody" });
    mine.note = "mine";
    mine.items.splice(1, 1, new Item({ name: "put in" }));
    const registering = registry.register(mine);
    mine.note = "edited since";
    const error = await conflictOf(registering);

    const [conflict] = error.conflicts;
    expect(conflict?.entity).toBe(mine);
    expect(conflict?.ours).toMatchObject({ type: "Order", parentId: before, payload: { note: "mine" }, ecsId: conflict?.ecsId });
    expect(conflict?.theirs).toMatchObject({ ecsId: theirs.ecsId, parentId: before, lineageId: mine.lineageId });
    const [sides] = await error.sides(Order);
    expectTypeOf(sides).toEqualTypeOf<ConflictSides<Order> | undefined>();
    expect([sides?.ours.note, sides?.theirs.note, mine.note]).toEqual(["mine", "theirs", "edited since"]);
    expect(sides?.ours.items.map(({ name }) => name)).toEqual(["shared", "put in"]);
    expect(sides?.theirs.items.map(({ name }) => name)).toEqual(["shared", "taken out"]);
    expect(sides?.ours.main).toBe(sides?.theirs.main);
    expect(() => Object.assign(sides?.ours ?? {}, { note: "x" })).toThrow(/cold snapshot/);
    expect([storage.commits.length, mine.ecsId, mine.hasModifications()]).toEqual([2, before, true]);

    const repeated = await registry.get(Order, theirs.ecsId);
    repeated.note = `${sides?.theirs.note} and ${sides?.ours.note}`;
    await registry.register(repeated);
    expect((await registry.get(Order, repeated.ecsId)).note).toBe("theirs and mine");
  });

  it("of several entities is told for each, and its sides by class", async () => {
    const [order, rush, free] = [new Order({}), new RushOrder({ by: "noon" }), new Item({ name: "free" })];
    await registry.register([order, rush, free]);
    for (const copy of [await registry.get(Order, order.ecsId), await registry.get(RushOrder, rush.ecsId)]) {
      copy.note = "first";
      await registry.register(copy);
    }
    Object.assign(order, { note: "second" });
    Object.assign(rush, { by: "one" });
    free.name = "not in conflict";
    const error = await conflictOf(registry.register([order, rush, free]));
    expect(error.conflicts.map(({ entity }) => entity.lineageId)).toEqual([order.lineageId, rush.lineageId]);
    expect((await error.sides(Order)).map(({ ours, theirs }) => [ours.note, theirs.note])).toEqual([
      ["second", "first"],
      ["", "first"],
    ]);
    expect((await error.sides(RushOrder)).map(({ ours, theirs }) => [ours.by, theirs.by])).toEqual([["one", "noon"]]);
    expect(await error.sides(Item)).toEqual([]);
  });

  it("of two copies in one call holds both sides, and registering with merge merges the two", async () => {
    const start = new Order({ items: [new Item({ name: "a" })] });
    await registry.register(start);
    const [first, second] = [await registry.get(Order, start.ecsId), await registry.get(Order, start.ecsId)];
    first.note = "first";
    second.items.push(new Item({ name: "b" }));
    const error = await conflictOf(registry.register([first, second]));
    const [conflict] = error.conflicts;
    expect([error.conflicts.length, conflict?.entity]).toEqual([1, second]);
    expect(conflict?.theirs).toMatchObject({ ecsId: conflict?.headId, parentId: start.ecsId, lineageId: start.lineageId });
    const [sides] = await error.sides(Order);
    expect([sides?.ours, sides?.theirs].map((side) => [side?.note, side?.items.length])).toEqual([
      ["", 2],
      ["first", 1],
    ]);
    expect([storage.commits.length, first.hasModifications(), second.hasModifications()]).toEqual([1, true, true]);

    const { ecsIds } = await registry.register([first, second], { onConflict: "merge" });
    for (const copy of [first, second]) {
      expect([copy.note, copy.items.map(({ name }) => name), copy.hasModifications()]).toEqual(["first", ["a", "b"], false]);
    }
    expect(ecsIds).toEqual([first.ecsId, first.ecsId]);
    const { heads } = await registry.lineage(start.lineageId);
    expect(heads.map(({ ecsId }) => ecsId)).toContain(first.ecsId);
  });

  it("is found by merging also where a copy that is only reached comes first", async () => {
    class Shelf extends Entity.define("Shelf", { order: ref(() => Order) }) {}
    const start = new Order({});
    await registry.register(start);
    const [held, given] = [await registry.get(Order, start.ecsId), await registry.get(Order, start.ecsId)];
    held.note = "held";
    given.items.push(new Item({ name: "given" }));
    await registry.register([new Shelf({ order: held }), given], { onConflict: "merge" });
    expect([given.note, given.items.length]).toEqual(["held", 1]);
  });

  it("is not answered in a way that there is not", async () => {
    const order = new Order({});
    const options = { onConflict: "overwrite" };
    const registering: unknown = Reflect.apply(registry.register.bind(registry), undefined, [order, options]);
    await expect(registering).rejects.toMatchObject({
      code: "invalid_value",
      message: expect.stringContaining('"reject", "branch" or "merge"'),
    });
    expect(order.hasModifications()).toBe(true);
  });
});
