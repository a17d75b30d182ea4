import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { Entity, ref } from "../src/index.ts";

class Leaf extends Entity.define("Leaf", { name: z.string().default("x") }) {}
class Box extends Entity.define("Box", { leaves: z.array(ref(() => Leaf)).default([]) }) {}

describe("a list that is gone over", () => {
  it("gives what it holds at that moment, also what is added meanwhile", () => {
    const box = new Box({ leaves: [new Leaf({ name: "a" }), new Leaf({ name: "b" })] });
    const seen: string[] = [];
    for (const { name } of box.leaves) {
      seen.push(name);
      if (name === "a") box.leaves.push(new Leaf({ name: "c" }));
    }
    expect(seen).toEqual(["a", "b", "c"]);
    expect(Array.from(box.leaves.values(), ({ name }) => name)).toEqual(seen);
    expect([...box.leaves].map(({ name }) => name)).toEqual(seen);
  });

  it("is searched, cut and spliced as any array is", () => {
    const leaves = Array.from({ length: 12 }, () => new Leaf({}));
    const [some = new Leaf({}), other = new Leaf({})] = leaves;
    const place = fc.option(fc.integer({ min: -15, max: 15 }), { nil: undefined });
    const added = fc.integer({ min: 0, max: 3 }).map((count) => Array.from({ length: count === 3 ? 1_500 : count }, () => new Leaf({})));
    fc.assert(
      fc.property(place, place, fc.nat(12), added, (start, end, deleteCount, more) => {
        const plain = [...leaves, some];
        const { leaves: list } = new Box({ leaves: plain });
        for (const each of [some, other, new Leaf({})]) {
          const from = start === undefined ? [] : [start];
          const of = (array: Leaf[]): unknown[] => [
            array.indexOf(each, ...from),
            array.lastIndexOf(each, ...from),
            array.includes(each, ...from),
          ];
          expect(of(list)).toEqual(of(plain));
        }
        const same = (a: readonly Leaf[], b: readonly Leaf[]): boolean =>
          a.length === b.length && a.every((leaf, index) => leaf === b[index]);
        expect(same(list.slice(start, end), plain.slice(start, end))).toBe(true);
        expect(same(list.splice(start ?? 0, deleteCount, ...more), plain.splice(start ?? 0, deleteCount, ...more))).toBe(true);
        expect(same(list, plain)).toBe(true);
      }),
    );
  });

  it("is gone over by whoever stands around it", () => {
    const box = new Box({ leaves: [new Leaf({ name: "a" })] });
    const around = new Proxy(box.leaves, { get: (list, key) => (key === "0" ? "seen" : Reflect.get(list, key)) });
    expect([...around]).toEqual(["seen"]);
  });

  it("gives what it held once another stands in its place", () => {
    const box = new Box({ leaves: [new Leaf({ name: "a" })] });
    const { leaves } = box;
    box.leaves = [new Leaf({ name: "b" })];
    expect([[...leaves], [...box.leaves]].map((list) => list.map(({ name }) => name))).toEqual([["a"], ["b"]]);
  });
});
