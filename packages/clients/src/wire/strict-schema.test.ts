import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import type { JsonValue } from "../contract/json.ts";
import { withoutAddedNulls } from "./added-nulls.ts";
import { adaptToStrict, anthropicStrict, openaiStrict } from "./strict-schema.ts";

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
  const adapted = adaptToStrict(person, openaiStrict, "schema");
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
    openaiStrict,
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
  ["alternatives at the root", { type: "object", anyOf: [{ type: "object", properties: {} }] }, "s has alternatives"],
  ["a reference elsewhere", { type: "object", properties: { a: { $ref: "https://example.org/a" } } }, "s.properties.a.$ref leads out"],
  [
    "a bound beside a reference",
    { type: "object", properties: { a: { $ref: "#/$defs/b", maximum: 1 } }, $defs: { b: { type: "number" } } },
    "s.properties.a.maximum",
  ],
])("refuses %s and names the place", (_, schema, place) => {
  expect(() => adaptToStrict(schema, openaiStrict, "s")).toThrow(place);
});

const tree = {
  type: "object",
  properties: { name: { type: "string" }, children: { type: "array", items: { $ref: "#" } } },
  required: ["name", "children"],
};
const list = {
  type: "object",
  properties: { head: { $ref: "#/$defs/node", description: "the first" } },
  required: ["head"],
  $defs: {
    node: { type: "object", properties: { value: { type: "number" }, next: { anyOf: [{ $ref: "#/$defs/link" }, { type: "null" }] } } },
    link: { type: "object", properties: { to: { $ref: "#/$defs/node" } }, required: ["to"] },
  },
};

test("a schema that refers to itself is OpenAI's to bear, and refused for Anthropic with the place", () => {
  expect(adaptToStrict(tree, openaiStrict, "s").properties).toMatchObject({ children: { items: { $ref: "#" } } });
  expect(adaptToStrict(list, openaiStrict, "s")).toMatchObject({
    properties: { head: { $ref: "#/$defs/node" } },
    $defs: { node: { required: ["value", "next"] } },
  });
  expect(() => adaptToStrict(tree, anthropicStrict, "s")).toThrow("s.properties.children.items refers to itself");
  expect(() => adaptToStrict(list, anthropicStrict, "s")).toThrow(
    "s.properties.head.properties.next.anyOf[0].properties.to refers to itself",
  );
  const shared = { ...person, properties: { from: { $ref: "#/$defs/place" }, to: { $ref: "#/$defs/place" } }, required: [] };
  expect(adaptToStrict(shared, anthropicStrict, "s")).toMatchObject({ properties: { to: { $ref: "#/$defs/place" } } });
});

test("a reference at the root is brought in", () => {
  const thing = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
  const given = { $ref: "#/$defs/thing", $defs: { thing } };
  expect(adaptToStrict(given, openaiStrict, "s")).toMatchObject({ type: "object", properties: { a: { type: "string" } } });
});

test("formats and patterns that the provider does not know are left out", () => {
  const given = z.toJSONSchema(
    z.object({ mail: z.string().regex(/^(?!no)/), link: z.url(), code: z.string().regex(/^[a-z]+$/), bytes: z.base64() }),
  );
  const { properties } = adaptToStrict(given, openaiStrict, "s");
  expect(properties).toEqual({
    mail: { type: "string" },
    link: { type: "string" },
    code: { type: "string", pattern: "^[a-z]+$" },
    bytes: expect.not.objectContaining({ contentEncoding: "base64" }),
  });
  expect(adaptToStrict(given, anthropicStrict, "s").properties).toMatchObject({ link: { format: "uri" } });
});

test("for Anthropic one is the most items that can be demanded, and values are plain", () => {
  const given = {
    type: "object",
    properties: {
      a: { type: "array", minItems: 1, maxItems: 3, items: { type: "string" } },
      b: { type: "array", minItems: 2, items: { type: "string" } },
    },
  };
  expect(adaptToStrict(given, anthropicStrict, "s").properties).toEqual({
    a: { type: "array", minItems: 1, items: { type: "string" } },
    b: { type: "array", items: { type: "string" } },
  });
  const composite = { type: "object", properties: { a: { enum: [{ x: 1 }] } } };
  expect(() => adaptToStrict(composite, anthropicStrict, "s")).toThrow("s.properties.a.enum");
});

test("nulls are taken out of the alternative that a value is of", () => {
  const shape = z.object({
    parts: z.array(
      z.discriminatedUnion("kind", [
        z.object({ kind: z.literal("text"), text: z.string(), note: z.string().optional() }),
        z.object({ kind: z.literal("link"), text: z.string(), note: z.string().nullable() }),
        z.object({ kind: z.enum(["rule", "gap"]), size: z.number().optional() }),
      ]),
    ),
  });
  const parts = [
    { kind: "text", text: "a", note: null },
    { kind: "link", text: "b", note: null },
    { kind: "gap", size: null },
    { kind: "unknown", size: null },
  ];
  expect(withoutAddedNulls({ parts }, z.toJSONSchema(shape, { io: "input" }))).toEqual({
    parts: [{ kind: "text", text: "a" }, { kind: "link", text: "b", note: null }, { kind: "gap" }, { kind: "unknown", size: null }],
  });
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
