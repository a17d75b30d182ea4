import { expect, test } from "vitest";
import * as z from "zod";
import { jsonSchemaOf } from "./json-schema.ts";
import { allowsStrict } from "./strict-schema.ts";

const closed = { type: "object", properties: { a: { type: "string" } }, required: ["a"], additionalProperties: false };

test.each([
  ["a closed object", closed, true],
  ["an open object", { ...closed, additionalProperties: true }, false],
  ["an object that does not say", { type: "object", properties: {} }, false],
  ["an optional property", { ...closed, required: [] }, true],
  ["an open object inside a property", { ...closed, properties: { a: { type: "object" } } }, false],
  ["an open object inside a list", { ...closed, properties: { a: { type: "array", items: { type: "object" } } } }, false],
  ["an open object among alternatives", { ...closed, properties: { a: { anyOf: [closed, { type: "object" }] } } }, false],
  ["a property of any value", { ...closed, properties: { a: { description: "anything" } } }, false],
  ["a list of any values", { ...closed, properties: { a: { type: "array", items: true } } }, false],
  ["a condition", { ...closed, properties: { a: { type: "string", not: { const: "x" } } } }, false],
  ["an open definition", { ...closed, $defs: { x: { type: "object" } } }, false],
  [
    "a property that is named like a keyword",
    { ...closed, properties: { properties: { type: "string" } }, required: ["properties"] },
    true,
  ],
])("%s", (_, schema, strict) => {
  expect(allowsStrict(schema)).toBe(strict);
});

test("a plain zod object allows it, also with an optional key, an open one does not", () => {
  const strict = (schema: z.ZodType): boolean => allowsStrict(jsonSchemaOf(schema, "input", "x"));
  expect(strict(z.object({ a: z.string(), b: z.array(z.object({ c: z.number().nullable() })) }))).toBe(true);
  expect(strict(z.object({ a: z.string().optional() }))).toBe(true);
  expect(strict(z.looseObject({ a: z.string() }))).toBe(false);
});
