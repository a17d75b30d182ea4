import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import type { JsonValue } from "../contract/json.ts";
import { toolCallFromText } from "../contract/tool-call-arguments.ts";
import type { StandardSchema } from "./standard-schema.ts";
import { toolFromSchema } from "./tool-from-schema.ts";

const call = (text: string) => toolCallFromText("c", "t", text);

test("a schema of zod gives the document, and arguments of its own type, defaults and all", async () => {
  const add = toolFromSchema({
    name: "add",
    description: "Adds.",
    strict: true,
    schema: z.object({ a: z.number(), b: z.number().default(1) }),
  });
  expect(add.definition).toMatchObject({
    name: "add",
    description: "Adds.",
    strict: true,
    inputSchema: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } }, required: ["a"] },
  });
  const checked = await add.check(call('{"a": 2,}'));
  expectTypeOf(checked).toEqualTypeOf<{ readonly value: { a: number; b: number } } | { readonly error: string }>();
  expect(checked).toEqual({ value: { a: 2, b: 1 } });
  expect(await add.check(call('{"a": "2"}'))).toEqual({ error: expect.stringMatching(/do not fit the schema: \/a .*number/) });
  expect(await add.check(call('{"a": 2'))).toEqual({ error: expect.stringContaining("not valid JSON") });
});

/** A library of somebody's that checks, asynchronously, and writes no JSON Schema. */
const even: StandardSchema<unknown, { readonly n: number }> = {
  "~standard": {
    version: 1,
    vendor: "somebody",
    validate: async (value) => {
      const n = typeof value === "object" && value !== null && "n" in value ? Number(value.n) : Number.NaN;
      return n % 2 === 0 ? { value: { n } } : { issues: [{ message: "must be even", path: [{ key: "n" }] }] };
    },
  },
};

test("a library that writes no JSON Schema checks all the same, beside a document", async () => {
  const jsonSchema = { type: "object", properties: { n: { type: "number" } } };
  const tool = toolFromSchema({ name: "t", schema: even, jsonSchema });
  expect(tool.definition).toEqual({ name: "t", inputSchema: jsonSchema });
  const checked = await tool.check(call('{"n": "4"}'));
  expectTypeOf(checked).toEqualTypeOf<{ readonly value: { readonly n: number } } | { readonly error: string }>();
  expect(checked).toEqual({ value: { n: 4 } });
  expect(await tool.check(call('{"n": 3}'))).toEqual({ error: "The arguments do not fit the schema: /n must be even" });
  expect(() => toolFromSchema({ name: "t", schema: even })).toThrow("somebody does not write JSON Schema");
});

test("a library that only writes JSON Schema, and a document, are checked by the document", async () => {
  const document = { type: "object", properties: { a: { type: "integer" } }, required: ["a"] };
  const writes = { "~standard": { version: 1, vendor: "own", jsonSchema: { input: () => document } } } as const;
  for (const schema of [writes, document]) {
    const tool = toolFromSchema({ name: "t", schema });
    expect(tool.definition).toEqual({ name: "t", inputSchema: document });
    const checked = await tool.check(call('{"a": 1}'));
    expectTypeOf(checked).toEqualTypeOf<{ readonly value: JsonValue } | { readonly error: string }>();
    expect(checked).toEqual({ value: { a: 1 } });
    expect(await tool.check(call('{"a": 1.5}'))).toEqual({ error: "The arguments do not fit the schema: /a must be integer" });
  }
});

test("refuses what is no object, what cannot be written and what is no schema", () => {
  expect(() => toolFromSchema({ name: "t", schema: z.string() })).toThrow("have to be an object");
  expect(() => toolFromSchema({ name: "t", schema: z.object({ at: z.date() }) })).toThrow("cannot be written as JSON Schema");
  expect(() => toolFromSchema({ name: "t", schema: { type: "object", properties: { a: { type: "dict" } } } })).toThrow(
    "The tool t: the JSON Schema can't be used",
  );
});
