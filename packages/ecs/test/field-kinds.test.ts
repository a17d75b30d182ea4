import { describe, expect, it } from "vitest";
import * as z from "zod";
import { backref, Entity, EntityRegistry, ref } from "../src/index.ts";
import { CopyingStorage } from "./copying-storage.ts";

class Part extends Entity.define("Part", { name: z.string() }) {}
class SpecialPart extends Part.extend("SpecialPart", { extra: z.number() }) {}
class Other extends Entity.define("Other", { text: z.string() }) {}

const nested = z.object({ label: z.string(), deep: z.object({ numbers: z.array(z.number()) }).optional() });
const choice = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("circle"), radius: z.number() }),
  z.object({ kind: z.literal("none") }),
]);

class Whole extends Entity.define("Whole", {
  text: z.string().default("t"),
  number: z.number().default(1),
  flag: z.boolean().default(false),
  big: z.bigint().default(1n),
  date: z.date().default(new Date(0)),
  enumerated: z.enum(["one", "two"]).default("one"),
  literal: z.literal(["x", 7]).default("x"),
  union: z.union([z.string(), z.number()]).default("u"),
  choice: choice.default({ kind: "none" }),
  object: nested.default({ label: "l" }),
  list: z.array(z.string()).default(["a", "b"]),
  objects: z.array(nested).default([]),
  grid: z.array(z.array(z.number())).default([[1]]),
  tuple: z.tuple([z.string(), z.number()]).default(["t", 1]),
  record: z.record(z.string(), z.number()).default({ a: 1 }),
  map: z.map(z.string(), z.date()).default(new Map()),
  set: z.set(z.number()).default(new Set([1])),
  anything: z.unknown().default(null),
  json: z.json().default(null),
  optional: z.string().optional(),
  nullable: z.string().nullable().default(null),
  one: ref(() => Part).default(() => new Part({ name: "one" })),
  optionalOne: ref(() => Part).optional(),
  nullableOne: ref(() => Part)
    .nullable()
    .default(null),
  either: z.union([ref(() => Part), ref(() => Other)]).default(() => new Other({ text: "other" })),
  family: ref(() => Part).default(() => new SpecialPart({ name: "special", extra: 1 })),
  get itself() {
    return ref(() => Whole)
      .nullable()
      .default(null);
  },
  parts: z.array(ref(() => Part)).default([]),
  mixed: z.array(z.union([ref(() => Part), ref(() => Other)])).default([]),
  partGrid: z.array(z.array(ref(() => Part))).default([]),
  partTuple: z.tuple([ref(() => Part), z.number()]).default((): [Part, number] => [new Part({ name: "tuple" }), 1]),
  partRecord: z
    .record(
      z.string(),
      ref(() => Part),
    )
    .default({}),
  partMap: z
    .map(
      z.number(),
      ref(() => Part),
    )
    .default(new Map()),
  partSet: z.set(ref(() => Part)).default(new Set()),
  partChoice: z
    .discriminatedUnion("kind", [z.object({ kind: z.literal("part"), part: ref(() => Part) }), z.object({ kind: z.literal("none") })])
    .default({ kind: "none" }),
  get parent() {
    return backref(() => Whole)
      .nullable()
      .default(null);
  },
}) {
  #edits = 0;
  get edits(): number {
    return this.#edits;
  }
  edit(change: (whole: Whole) => void): void {
    this.#edits += 1;
    change(this);
  }
}

const part = (name: string): Part => new Part({ name });

/** How each field is edited. */
const edits: Readonly<Record<string, (whole: Whole) => unknown>> = {
  text: (whole) => (whole.text += "!"),
  number: (whole) => (whole.number = -0.5),
  flag: (whole) => (whole.flag = true),
  big: (whole) => (whole.big = 2n ** 70n),
  date: (whole) => (whole.date = new Date("2031-05-06T07:08:09.123Z")),
  enumerated: (whole) => (whole.enumerated = "two"),
  literal: (whole) => (whole.literal = 7),
  union: (whole) => (whole.union = 3),
  choice: (whole) => (whole.choice = { kind: "circle", radius: 2 }),
  object: (whole) => (whole.object = { label: "other", deep: { numbers: [1, 2] } }),
  list: (whole) => whole.list.splice(1, 0, "between"),
  objects: (whole) => whole.objects.push({ label: "new" }),
  grid: (whole) => whole.grid.push([2, 3]),
  tuple: (whole) => (whole.tuple = ["u", 2]),
  record: (whole) => (whole.record["b"] = 2),
  map: (whole) => whole.map.set("m", new Date(5)),
  set: (whole) => whole.set.add(2),
  anything: (whole) => (whole.anything = { deep: [new Map([[1, new Set(["x"])]])] }),
  json: (whole) => (whole.json = [{ a: null }]),
  optional: (whole) => (whole.optional = "given"),
  nullable: (whole) => (whole.nullable = "given"),
  one: (whole) => (whole.one = part("another")),
  optionalOne: (whole) => (whole.optionalOne = part("given")),
  nullableOne: (whole) => (whole.nullableOne = part("given")),
  either: (whole) => (whole.either = part("either")),
  family: (whole) => (whole.family = new SpecialPart({ name: "new", extra: 2 })),
  itself: (whole) => (whole.itself = whole),
  parts: (whole) => whole.parts.push(part("p")),
  mixed: (whole) => whole.mixed.push(new Other({ text: "o" }), part("p")),
  partGrid: (whole) => (whole.partGrid = [[part("p")], [part("q"), part("r")]]),
  partTuple: (whole) => (whole.partTuple = [part("p"), 2]),
  partRecord: (whole) => (whole.partRecord["p"] = part("p")),
  partMap: (whole) => whole.partMap.set(4, part("p")),
  partSet: (whole) => whole.partSet.add(part("p")),
  partChoice: (whole) => (whole.partChoice = { kind: "part", part: part("p") }),
  parent: (whole) => (whole.parent = whole.lineageId),
};

describe("a field of every kind", () => {
  it("has an edit here", () => {
    expect(Object.keys(edits).toSorted()).toEqual(Array.from(Whole.definition.fieldNames).toSorted());
  });

  it.each(Object.entries(edits))(
    "%s: an edit is seen, named, stored, loaded, and taken back by revert; the version before stays",
    async (name, change) => {
      const registry = new EntityRegistry(new CopyingStorage(), { entities: [SpecialPart] });
      const whole = new Whole({});
      await registry.register(whole);
      const first = whole.ecsId;
      const before = whole.toJSON();
      expect(whole.hasModifications()).toBe(false);

      whole.edit(change);
      expect([whole.hasModifications(), whole.edits]).toEqual([true, 1]);
      const own = whole.modifications().find(({ entity }) => entity === whole);
      expect([own?.reason, own?.fields.map(({ field }) => field)]).toEqual(["changed", [name]]);
      whole.revert();
      expect([whole.hasModifications(), whole.toJSON()]).toEqual([false, before]);

      whole.edit(change);
      await registry.register(whole);
      expect(whole.hasModifications()).toBe(false);
      const again = await registry.get(Whole, whole.ecsId);
      expect(again.toJSON()).toEqual(whole.toJSON());
      expect(again.toJSON()[name]).not.toEqual(before[name]);
      expect((await registry.getColdSnapshot(Whole, first)).toJSON()).toEqual(before);
      expect(() => change(again)).not.toThrow();
    },
  );
});
