import fc from "fast-check";
import { expect, test } from "vitest";
import * as z from "zod";
import { freezeValue } from "./frozen-value.ts";
import { notSure, quickCheckOf } from "./quick-check.ts";

const schemas = {
  text: z.string(),
  flag: z.boolean(),
  "text or null": z.string().nullable().default(null),
  "text with a default": z.string().default("a").nullable(),
  "a choice": z.enum(["a", "b"]).default("b"),
  json: z.json(),
  "json or null": z.json().nullable().default(null),
  "a record of json": z.record(z.string(), z.json()),
  "a frozen record of json": z.record(z.string(), z.json()).readonly(),
  number: z.number(),
  "a number within bounds": z.number().gt(-1).lte(2.5),
  count: z.int().nonnegative(),
  "a count or null": z.int().min(1).max(3).nullable().default(null),
  date: z.date(),
  "a literal": z.literal("a"),
  "a list": z.array(z.int().nonnegative()).readonly().nullable(),
  "an object": z.object({ a: z.string(), b: z.int().optional(), c: z.date().nullable().default(null) }),
  alternatives: z.discriminatedUnion("type", [
    z.object({ type: z.literal("a"), text: z.string() }),
    z.object({ type: z.literal("b"), items: z.array(z.object({ text: z.string().optional() })) }),
  ]),
};

const tree = z.object({
  text: z.string(),
  get children() {
    return z.array(tree);
  },
});

const text = fc.oneof(fc.constantFrom("a", "b", "c", undefined, null, 1), fc.string());

const value = fc.oneof(
  fc.array(fc.oneof(fc.nat(), fc.constantFrom(-1, 0.5, undefined, "a"))),
  fc.record(
    {
      type: text,
      a: text,
      text,
      b: fc.oneof(fc.integer(), text),
      c: fc.oneof(fc.date(), text),
      items: fc.array(fc.record({ text }, { requiredKeys: [] })),
    },
    { requiredKeys: [] },
  ),
  fc.anything({ withDate: true, withMap: true, withNullPrototype: true, withSparseArray: true }),
  fc.jsonValue(),
  fc.constantFrom("a", "b", "c", null, undefined, true, Number.NaN, Infinity, -1, -0, 0, 1, 2, 2.5, 3, 4, 2 ** 53),
  fc.oneof(fc.double(), fc.integer(), fc.date({ noInvalidDate: false })),
  fc.dictionary(fc.oneof(fc.string(), fc.constant("__proto__")), fc.jsonValue()),
);

test.each(Object.entries(schemas))("what it says of %s is what the schema makes of it", (_, schema) => {
  const quick = quickCheckOf(schema);
  if (quick === null) throw new Error("no quick check");
  fc.assert(
    fc.property(value, (given) => {
      const said = quick(given);
      if (said === notSure || (JSON.stringify(given) ?? "").includes('"__proto__":')) return;
      const asked = schema.safeParse(given);
      expect(asked.success).toBe(true);
      expect(said).toEqual(freezeValue(asked.data, "x"));
      expect(Object.isFrozen(said)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("what fits is told without asking", () => {
  const given = { a: [1, "x", { b: null, c: [true] }] };
  for (const schema of [schemas.json, schemas["json or null"], schemas["a record of json"]]) {
    expect(quickCheckOf(schema)?.(given)).toEqual(given);
  }
  const long = Array.from({ length: 300 }, (_, index) => ({ index }));
  expect(quickCheckOf(z.array(z.json()))?.(long)).toEqual(long);
  expect(quickCheckOf(schemas["text or null"])?.(undefined)).toBeNull();
  expect(quickCheckOf(schemas["a choice"])?.("a")).toBe("a");
  expect(quickCheckOf(schemas.count)?.(0)).toBe(0);
  expect(quickCheckOf(schemas["a number within bounds"])?.(2.5)).toBe(2.5);
  expect(quickCheckOf(schemas.date)?.(new Date(5))).toEqual(new Date(5));
  expect(quickCheckOf(schemas["an object"])?.({ c: null, a: "x", z: 1 })).toEqual({ a: "x", c: null });
  expect(quickCheckOf(schemas.alternatives)?.({ type: "b", items: [{ text: "t" }] })).toEqual({ type: "b", items: [{ text: "t" }] });
});

test.each([
  ["text with a rule", z.string().min(1)],
  ["text of a format", z.email()],
  ["text made of anything", z.coerce.string()],
  ["a rule around", z.string().nullable().refine(Boolean)],
  ["a number with another rule", z.number().multipleOf(2)],
  ["a number of another format", z.float32()],
  ["a number made of anything", z.coerce.number()],
  ["a date with a rule", z.date().min(new Date(0))],
  ["a date made of anything", z.coerce.date()],
  ["a record with other keys", z.record(z.string().min(2), z.json())],
  ["an object that takes other keys", z.looseObject({ a: z.string() })],
  ["an object that refuses other keys", z.strictObject({ a: z.string() })],
  ["an object with a rule", z.object({ a: z.string() }).refine(Boolean)],
  ["an object that holds its like", tree],
  ["a list with a rule", z.array(z.string()).min(1)],
  ["alternatives that a value may fit two of", z.union([z.object({ a: z.string() }), z.object({ a: z.string(), b: z.string() })])],
  ["a record of texts", z.record(z.string(), z.string())],
  ["a union like json", z.lazy(() => z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string()), z.string()]))],
])("%s is left to the schema", (_, schema) => {
  expect(quickCheckOf(schema)).toBeNull();
});

test("a default that is made anew is made anew, and one that is an object is left to the schema", () => {
  let made = 0;
  const counting = quickCheckOf(z.string().default(() => String((made += 1))));
  expect([counting?.(undefined), counting?.(undefined)]).toEqual(["1", "2"]);
  expect(quickCheckOf(z.record(z.string(), z.json()).default({ a: 1 }))?.(undefined)).toBe(notSure);
});

test("what contains itself is left to the schema", () => {
  const loop: Record<string, unknown> = {};
  loop["self"] = loop;
  expect(quickCheckOf(z.json())?.(loop)).toBe(notSure);
});
