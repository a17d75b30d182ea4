import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import type { JsonValue } from "../contract/json.ts";
import { withoutAddedNulls } from "./added-nulls.ts";
import { adaptToStrict, anthropicStrict, openaiStrictFormat, openaiStrictTool } from "./strict-schema.ts";

const person = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 1, default: "x" },
    age: { type: "integer", minimum: 0 },
    nick: { type: ["string", "null"] },
    home: { $ref: "#/$defs/place" },
    tags: {
      type: "array",
      items: { type: "object", properties: { tag: { type: "string" }, weight: { type: "number" } }, required: ["tag"] },
    },
  },
  required: ["name"],
  $defs: { place: { type: "object", properties: { city: { type: "string" }, zip: { type: "string" } }, required: ["city"] } },
};

test("for OpenAI every property is required, what may be left out is null, and nothing else is allowed", () => {
  const adapted = adaptToStrict(person, openaiStrictTool, "schema");
  expect(adapted).toMatchObject({
    required: ["name", "age", "nick", "home", "tags"],
    additionalProperties: false,
    properties: {
      name: { type: "string" },
      age: { anyOf: [{ type: "integer", minimum: 0 }, { type: "null" }] },
      nick: { type: ["string", "null"] },
    },
    $defs: { place: { required: ["city", "zip"], additionalProperties: false } },
  });
  expect(JSON.stringify(adapted)).not.toMatch(/minLength|default/);
});

test("for Anthropic what may be left out stays so, and bounds are left out", () => {
  const adapted = adaptToStrict(person, anthropicStrict, "schema");
  expect(adapted).toMatchObject({ required: ["name"], additionalProperties: false, properties: { age: { type: "integer" } } });
  expect(JSON.stringify(adapted)).not.toMatch(/minimum|minLength/);
});

test("one of several is any of them, and all of one is that one", () => {
  const adapted = adaptToStrict(
    {
      type: "object",
      properties: { a: { oneOf: [{ type: "string" }, { const: 1 }] }, b: { allOf: [{ type: "number" }] } },
      required: ["a", "b"],
    },
    openaiStrictFormat,
    "schema",
  );
  expect(adapted.properties).toEqual({ a: { anyOf: [{ type: "string" }, { const: 1 }] }, b: { type: "number" } });
});

test.each([
  ["a free property", { type: "object", properties: { a: {} } }, "s.properties.a"],
  [
    "a record",
    { type: "object", properties: { a: { type: "object", additionalProperties: { type: "string" } } } },
    "s.properties.a.additionalProperties",
  ],
  ["a free object", { type: "object", properties: { a: { type: "array", items: { type: "object" } } } }, "s.properties.a.items"],
  ["a negation", { type: "object", properties: { a: { not: { type: "string" } } } }, "s.properties.a.not"],
  ["several at once", { type: "object", properties: { a: { allOf: [{ type: "string" }, { pattern: "x" }] } } }, "s.properties.a.allOf"],
  ["a list at the root", { type: "array", items: { type: "string" } }, "s is no object"],
  ["no schema", { type: "object", properties: { a: true } }, "s.properties.a"],
  ["a property left out, in a format", { type: "object", properties: { a: { type: "string" } } }, "s.properties.a may be left out"],
])("refuses %s and names the place", (_, schema, place) => {
  expect(() => adaptToStrict(schema, openaiStrictFormat, "s")).toThrow(place);
});

test("nulls the schema as given does not have are taken out of arguments, all others stay", () => {
  const value: JsonValue = {
    name: "A",
    age: null,
    nick: null,
    home: { city: "B", zip: null },
    tags: [
      { tag: "x", weight: null },
      { tag: "y", weight: 2 },
    ],
    more: null,
  };
  expect(withoutAddedNulls(value, person)).toEqual({
    name: "A",
    nick: null,
    home: { city: "B" },
    tags: [{ tag: "x" }, { tag: "y", weight: 2 }],
    more: null,
  });
});

test("law: arguments that fit the schema come back as they were, whether nulls stand for what is left out or not", () => {
  const shape = z.object({
    a: z.number(),
    b: z.string().optional(),
    c: z.boolean().nullable(),
    d: z.object({ e: z.string().optional() }).optional(),
  });
  const schema = z.toJSONSchema(shape, { io: "input" });
  const value = fc.record(
    { a: fc.integer(), b: fc.string(), c: fc.option(fc.boolean()), d: fc.record({ e: fc.string() }, { requiredKeys: [] }) },
    { requiredKeys: ["a", "c"] },
  );
  fc.assert(
    fc.property(value, (given) => {
      const full: JsonValue = { b: null, d: null, ...given, ...(given.d === undefined ? {} : { d: { e: null, ...given.d } }) };
      const read = withoutAddedNulls(full, schema);
      expect(read).toEqual(given);
      expect(shape.safeParse(read).success).toBe(true);
    }),
  );
});
