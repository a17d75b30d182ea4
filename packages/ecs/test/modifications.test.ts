import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { Entity, EntityRegistry, type FieldModification, ref } from "../src/index.ts";
import { CopyingStorage } from "./copying-storage.ts";

class Part extends Entity.define("Part", { name: z.string() }) {}
class Whole extends Entity.define("Whole", {
  title: z.string().default("t"),
  meta: z.object({ deep: z.array(z.number()) }).default({ deep: [] }),
  words: z.array(z.string()).default(["a", "b", "c"]),
  parts: z.array(ref(() => Part)).default([]),
  byName: z
    .record(
      z.string(),
      ref(() => Part),
    )
    .default({}),
  scores: z.map(z.string(), z.number()).default(new Map()),
  flags: z.set(z.string()).default(new Set()),
  main: ref(() => Part)
    .nullable()
    .default(null),
}) {}

const registry = new EntityRegistry(new CopyingStorage());
let whole: Whole;
let parts: [Part, Part, Part];

beforeEach(async () => {
  parts = [new Part({ name: "x" }), new Part({ name: "y" }), new Part({ name: "z" })];
  whole = new Whole({ parts, byName: { x: parts[0] }, scores: new Map([["x", 1]]), flags: new Set(["on"]), main: parts[0] });
  await registry.register(whole);
});

function fields(): readonly FieldModification[] {
  return whole.modifications().find(({ entity }) => entity === whole)?.fields ?? [];
}

const symbols = new WeakMap<Entity, symbol>();

/** The same with a symbol for each entity: entities have no own properties, so that any two would be equal. */
function identified(value: unknown): unknown {
  if (value instanceof Entity) {
    const own = symbols.get(value) ?? Symbol(value.liveId);
    symbols.set(value, own);
    return own;
  }
  if (Array.isArray(value)) return value.map(identified);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, identified(inner)]));
}

function expectModifications(found: unknown, expected: readonly unknown[]): void {
  expect(identified(found)).toEqual(identified(expected));
}

describe("modifications", () => {
  it("names values before and after", () => {
    whole.title = "u";
    whole.main = null;
    expectModifications(fields(), [
      { kind: "value", field: "title", before: "t", after: "u" },
      { kind: "value", field: "main", before: parts[0], after: null },
    ]);
  });

  it("names list operations by element", () => {
    const added = new Part({ name: "new" });
    whole.parts.push(added);
    whole.parts.shift();
    whole.words = ["a", "x", "b", "c"];
    expectModifications(fields(), [
      { kind: "list", field: "words", operations: [{ op: "insert", index: 1, element: "x" }] },
      {
        kind: "list",
        field: "parts",
        operations: [
          { op: "remove", index: 0, element: parts[0] },
          { op: "insert", index: 2, element: added },
        ],
      },
    ]);
  });

  it("tells a move from a removal and an insertion, and a replacement from both", () => {
    const [x] = whole.parts.splice(0, 1);
    if (x === undefined) throw new Error("no part");
    whole.parts.push(x);
    expectModifications(fields(), [{ kind: "list", field: "parts", operations: [{ op: "move", from: 0, to: 2, element: parts[0] }] }]);
    whole.revert();
    const other = new Part({ name: "other" });
    whole.parts[1] = other;
    expectModifications(fields(), [
      { kind: "list", field: "parts", operations: [{ op: "replace", index: 1, before: parts[1], after: other }] },
    ]);
  });

  it("names keys of records and maps and members of sets", () => {
    whole.byName["y"] = parts[1];
    delete whole.byName["x"];
    whole.scores.set("x", 2);
    whole.flags.add("off").delete("on");
    expectModifications(fields(), [
      {
        kind: "keyed",
        field: "byName",
        operations: [
          { op: "remove", key: "x", before: parts[0] },
          { op: "add", key: "y", after: parts[1] },
        ],
      },
      { kind: "keyed", field: "scores", operations: [{ op: "replace", key: "x", before: 1, after: 2 }] },
      { kind: "set", field: "flags", added: ["off"], removed: ["on"] },
    ]);
  });

  it("tells what changed from what only reaches it", () => {
    parts[2].name = "edited";
    expectModifications(whole.modifications(), [
      { entity: parts[2], reason: "changed", fields: [{ kind: "value", field: "name", before: "z", after: "edited" }] },
      { entity: whole, reason: "reached", fields: [] },
    ]);
  });
});

describe("revert", () => {
  it("brings back every field, here and below", () => {
    const before = whole.toJSON();
    whole.title = "other";
    whole.words.push("d");
    whole.parts.reverse();
    whole.byName = {};
    whole.scores.clear();
    whole.flags.add("x");
    whole.main = parts[1];
    parts[2].name = "edited";
    whole.revert();
    expect(whole.toJSON()).toEqual(before);
    expect(parts[2].name).toBe("z");
    expect(whole.hasModifications()).toBe(false);
  });
});

describe("values that are only read", () => {
  it("can't be edited in place, so that no edit is missed", () => {
    expect(() => Object.assign(whole.meta, { deep: [1] })).toThrow(TypeError);
    expect(Object.isFrozen(whole.meta.deep)).toBe(true);
    whole.meta = { deep: [1] };
    expectModifications(fields(), [{ kind: "value", field: "meta", before: { deep: [] }, after: { deep: [1] } }]);
  });

  it("refuse a value that the schema does not allow, naming path, expectation and value, and change nothing", () => {
    expect(() => Object.assign(whole, { title: 5 })).toThrow(/Whole\.title: .*expected string.*got 5/);
    expect(() => Object.assign(whole, { meta: { deep: ["x"] } })).toThrow(/Whole\.meta\.deep\[0\]: .*expected number.*got "x"/);
    expect(() => Reflect.apply(whole.parts.push, whole.parts, [whole])).toThrow(/Whole\.parts\[3\]: .*Part.*got an instance of Whole/);
    expect(() => Reflect.set(whole.words, 5, "x")).toThrow(/holes/);
    expect(whole.hasModifications()).toBe(false);
    expect(whole.parts).toHaveLength(3);
  });
});
