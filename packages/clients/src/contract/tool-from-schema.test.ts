import { expect, test } from "vitest";
import { z } from "zod";
import { toolFromSchema } from "./tool-from-schema.ts";

test("takes a schema of zod, of any library that writes JSON Schema, or a document", () => {
  const fromZod = toolFromSchema({
    name: "add",
    description: "Adds.",
    strict: true,
    schema: z.object({ a: z.number(), b: z.number().optional() }),
  });
  expect(fromZod).toMatchObject({
    name: "add",
    description: "Adds.",
    strict: true,
    inputSchema: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } }, required: ["a"] },
  });
  const own = { "~standard": { version: 1, vendor: "own", jsonSchema: { input: () => ({ type: "object", title: "own" }) } } } as const;
  expect(toolFromSchema({ name: "t", schema: own })).toEqual({ name: "t", inputSchema: { type: "object", title: "own" } });
  expect(toolFromSchema({ name: "t", schema: { type: "object" } })).toEqual({ name: "t", inputSchema: { type: "object" } });
});

test("refuses what is no object and what cannot be written", () => {
  expect(() => toolFromSchema({ name: "t", schema: z.string() })).toThrow("have to be an object");
  expect(() => toolFromSchema({ name: "t", schema: z.object({ at: z.date() }) })).toThrow("cannot be written as JSON Schema");
});
