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
};

const value = fc.oneof(
  fc.anything({ withDate: true, withMap: true, withNullPrototype: true, withSparseArray: true }),
  fc.jsonValue(),
  fc.constantFrom("a", "b", "c", null, undefined, true, Number.NaN),
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
  expect(quickCheckOf(schemas["text or null"])?.(undefined)).toBeNull();
  expect(quickCheckOf(schemas["a choice"])?.("a")).toBe("a");
});

test.each([
  ["text with a rule", z.string().min(1)],
  ["text of a format", z.email()],
  ["text made of anything", z.coerce.string()],
  ["a rule around", z.string().nullable().refine(Boolean)],
  ["a number", z.number()],
  ["a record with other keys", z.record(z.string().min(2), z.json())],
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
