import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import * as z from "zod";
import { Entity, EntityRegistry, ref } from "../src/index.ts";
import { CopyingStorage } from "./copying-storage.ts";

class Leaf extends Entity.define("Leaf", { size: z.number().default(0) }) {}
class Holder extends Entity.define("Holder", { leaf: ref(() => Leaf), list: z.array(ref(() => Leaf)).default([]) }) {}

async function collectGarbage(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("the engine can't be asked to collect garbage");
  // What a weak reference was made to stays until the turn is over.
  for (let round = 0; round < 3; round++) {
    await new Promise(setImmediate);
    Reflect.apply(collect, undefined, []);
  }
}

it("lets what holds an entity go when nothing else does, new or registered", async () => {
  const registry = new EntityRegistry(new CopyingStorage());
  const leaf = new Leaf({});
  const kept = new Holder({ leaf });
  const hold = (): Holder => new Holder({ leaf, list: [leaf] });
  const holders = Array.from({ length: 100 }, () => new WeakRef(hold()));
  for (let count = 0; count < 20; count++) {
    const holder = hold();
    await registry.register(holder);
    holders.push(new WeakRef(holder));
  }
  await collectGarbage();
  // The engine may still have the last one at hand.
  expect(holders.filter((holder) => holder.deref() !== undefined).length).toBeLessThan(3);
  await registry.register(kept);
  leaf.size = 1;
  expect(kept.hasModifications()).toBe(true);
});
