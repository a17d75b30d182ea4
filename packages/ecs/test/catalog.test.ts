import { describe, expect, it } from "vitest";
import * as z from "zod";
import { Entity, EntityRegistry, ref } from "../src/index.ts";
import { CopyingStorage } from "./copying-storage.ts";

class Tool extends Entity.define("Tool", { name: z.string() }) {}
class Kit extends Entity.define("Kit", { title: z.string().default(""), tools: z.array(ref(() => Tool)).default([]) }) {}

const saw = () => class extends Tool.extend("Saw", { teeth: z.number() }) {};

describe("the classes of what is registered", () => {
  it("are refused again when the same call is made again", async () => {
    const One = class extends Entity.define("Twin", { a: z.string() }) {};
    const Two = class extends Entity.define("Twin", { b: z.number() }) {};
    class Both extends Entity.define("Both", { one: ref(() => One), two: ref(() => Two) }) {}
    class Lost extends Entity.define("Lost", {
      to: ref(() => undefined)
        .nullable()
        .default(null),
    }) {}
    class Holder extends Entity.define("Holder", { lost: ref(() => Lost) }) {}
    const storage = new CopyingStorage();
    const registry = new EntityRegistry(storage);
    const both = new Both({ one: new One({ a: "x" }), two: new Two({ b: 1 }) });
    const holder = new Holder({ lost: new Lost({}) });
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(registry.register(both)).rejects.toMatchObject({ code: "duplicate_entity" });
      await expect(registry.register(holder)).rejects.toMatchObject({ code: "invalid_definition" });
    }
    expect([storage.commits, (await registry.status()).classes]).toEqual([[], []]);
  });

  it("may not share a name, also where only a tree holds them", async () => {
    const [One, Two] = [saw(), saw()];
    const storage = new CopyingStorage();
    const registry = new EntityRegistry(storage);
    const kit = new Kit({ tools: [new One({ name: "a", teeth: 1 }), new Two({ name: "b", teeth: 2 })] });
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(registry.register(kit)).rejects.toMatchObject({ code: "duplicate_entity" });
    }
    expect([storage.commits, kit.hasModifications()]).toEqual([[], true]);
    kit.tools.pop();
    await registry.register(kit);
    kit.tools.push(new Two({ name: "b", teeth: 2 }));
    await expect(registry.register(kit)).rejects.toMatchObject({ code: "duplicate_entity" });
  });

  it("are known afterwards, members of a family included", async () => {
    const Saw = saw();
    const registry = new EntityRegistry(new CopyingStorage());
    const kit = new Kit({ tools: [new Saw({ name: "a", teeth: 1 })] });
    await registry.register(kit);
    expect((await registry.get(Kit, kit.ecsId)).tools[0]).toBeInstanceOf(Saw);
    await registry.refresh(kit);
    expect((await registry.list(Tool)).items).toHaveLength(1);
  });
});
