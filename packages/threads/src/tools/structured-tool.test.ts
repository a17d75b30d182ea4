import { EntityRegistry } from "@minference/ecs";
import { MemoryStorage } from "@minference/storage-memory";
import { expect, test } from "vitest";
import * as z from "zod";
import { CallableTool } from "./callable-tool.ts";
import { StructuredTool } from "./structured-tool.ts";
import { Tool } from "./tool.ts";

const schema = {
  type: "object",
  properties: { z: { type: "string" }, a: { enum: [1, null] } },
  required: ["z", "a"],
  additionalProperties: false,
};

test("has the documented defaults", () => {
  expect(StructuredTool.fromJsonSchema(schema)).toMatchObject({
    name: "generate_structured_output",
    description: "",
    instructionString: "Please follow this JSON schema for your response:",
    strictSchema: true,
    jsonSchema: schema,
  });
});

test("is described to a model by its schema, strictly where that is possible", () => {
  const tool = StructuredTool.fromZod(z.object({ name: z.string() }), { name: "person", description: "A person" });
  const definition = {
    name: "person",
    description: "A person",
    inputSchema: { type: "object", properties: { name: { type: "string" } }, required: ["name"], additionalProperties: false },
  };
  expect(tool.definition()).toEqual({ ...definition, strict: true });
  tool.strictSchema = false;
  expect(tool.definition()).toEqual(definition);
});

test("both kinds of tool come back from the store as what they are, their schemas key by key in order", async () => {
  const storage = new MemoryStorage();
  const structured = StructuredTool.fromJsonSchema(schema);
  const callable = new CallableTool({ name: "look", docstring: "Looks", inputSchema: schema, callableText: "() => process.exit(1)" });
  await new EntityRegistry(storage).register([structured, callable]);
  const registry = new EntityRegistry(storage, { entities: [CallableTool, StructuredTool] });
  const loaded = await registry.getMany(Tool, [structured.ecsId, callable.ecsId]);
  expect(loaded.map((tool) => tool.constructor)).toEqual([StructuredTool, CallableTool]);
  expect(loaded.map((tool) => JSON.stringify(tool.definition()))).toEqual(
    [structured, callable].map((tool) => JSON.stringify(tool.definition())),
  );
});

test.each(["", "two\nlines", "x".repeat(129)])("a name that is none is refused: %j", (name) => {
  expect(() => StructuredTool.fromJsonSchema(schema, { name })).toThrow(/a tool name has 1 to 128/);
});
