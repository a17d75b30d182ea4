import { Entity } from "@minference/ecs";
import { expect, test } from "vitest";
import * as z from "zod";
import { mapField } from "./field-shape.ts";
import type { FieldMapping } from "./table-mapping.ts";

const json = z.object({ a: z.number() });

/** Each schema with what its column is: type, whether it is always there, and what else is worth telling. */
const shapes: readonly [schema: z.ZodType, type: string, required: boolean, more?: Partial<FieldMapping>][] = [
  [z.string(), "text", true, { short: false, values: null }],
  [z.string().max(100), "text", true, { short: true }],
  [z.string().max(10_000), "text", true, { short: false }],
  [z.uuid(), "text", true, { short: true }],
  [z.templateLiteral(["a", z.number()]), "text", true],
  [z.enum(["a", "b"]), "text", true, { values: ["a", "b"], short: true }],
  [z.literal("x").optional(), "text", false, { values: ["x"] }],
  [z.literal([1, 2]), "integer", true, { values: [1, 2] }],
  [z.literal([1.5, 2]), "real", true, { values: [1.5, 2] }],
  [z.literal([1, "a"]), "json", true, { values: null }],
  [z.literal(["a", null]), "text", false, { values: ["a"] }],
  [z.int(), "integer", true],
  [z.number().int(), "integer", true],
  [z.int32(), "integer", true],
  [z.number(), "real", true],
  [z.bigint(), "bigint", true],
  [z.int64(), "int64", true],
  [z.boolean(), "boolean", true],
  [z.date().nullable(), "instant", false],
  [z.date().default(() => new Date()), "instant", false, { missing: null }],
  [z.string().default("d"), "text", true, { missing: "d" }],
  [z.string().nullable().default(null), "text", false, { missing: null }],
  [z.string().default(() => String(Math.random())), "text", false, { missing: null }],
  [z.bigint().default(5n), "bigint", true, { missing: "5" }],
  [z.array(z.string()).default([]), "json", true, { missing: [] }],
  [z.set(z.string()).default(new Set()), "json", false, { missing: null }],
  [z.union([z.string(), z.null()]), "text", false],
  [z.union([z.int(), z.number()]), "real", true],
  [z.union([z.enum(["a"]), z.enum(["b"])]), "text", true, { values: ["a", "b"] }],
  [z.union([z.enum(["a"]), z.string()]), "text", true, { values: null }],
  [z.union([z.string(), z.number()]), "json", true],
  [z.union([z.string().nullable(), z.number()]), "json", false],
  [z.discriminatedUnion("t", [z.object({ t: z.literal("a") }), z.object({ t: z.literal("b") })]), "json", true],
  [z.json(), "json", false],
  [z.unknown(), "json", false],
  [json.readonly(), "json", true],
  [z.record(z.string(), z.number()), "json", true],
  [z.map(z.string(), z.number()).optional(), "json", false],
  [z.tuple([z.string(), z.int()]), "json", true],
  [z.string().catch("x"), "text", true],
  [z.string().meta({ indexed: true }), "text", true, { indexed: true }],
  [json.meta({ indexed: true }), "json", true, { indexed: false }],
];

test.each(shapes)("column %#", (schema, type, required, more = {}) => {
  class Thing extends Entity.define("Thing", { field: schema }) {}
  const [field] = Thing.definition.fields;
  if (field === undefined) throw new Error("The class has no field");
  expect(mapField(field, 3)).toMatchObject({ field: "field", type, required, since: 3, ...more });
});
