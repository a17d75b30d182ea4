import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { JsonSchemaValidator } from "./json-schema-validator.ts";

test("names each error with its place", () => {
  const schema = {
    type: "object",
    properties: { a: { type: "array", items: { type: "integer" } } },
    required: ["b"],
    additionalProperties: false,
  };
  expect(new JsonSchemaValidator().errors(schema, { a: [1, "x"], c: 1 })).toEqual([
    "the value must have required property 'b'",
    "the value must NOT have additional properties (c)",
    "/a/1 must be integer",
  ]);
});

test("the same $id in two schemas is no clash", () => {
  const validator = new JsonSchemaValidator();
  expect(validator.errors({ $id: "x", type: "string" }, "a")).toEqual([]);
  expect(validator.errors({ $id: "x", type: "number" }, "a")).toEqual(["the value must be number"]);
});

test.each([{ type: "dict" }, { $ref: "https://example.org/elsewhere.json" }, { type: "string", pattern: "(" }])(
  "a broken schema is refused: %j",
  (schema) => {
    expect(() => new JsonSchemaValidator().errors(schema, {})).toThrow(/JSON Schema can't be used/);
  },
);

test("more schemas than are kept still validate, and the memory of the others is free again", async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const validator = new JsonSchemaValidator();
  const schemaOf = () => ({ properties: { first: { type: "integer" } } });
  const firstOne = ((schema) => {
    expect(validator.errors(schema, { first: "a" })).toHaveLength(1);
    return new WeakRef(schema.properties);
  })(schemaOf());
  for (let index = 0; index < 1_100; index += 1) expect(validator.errors({ const: index }, index)).toEqual([]);
  expect(validator.errors({ const: 0 }, 1)).toHaveLength(1);
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  expect(firstOne.deref()).toBeUndefined();
});
