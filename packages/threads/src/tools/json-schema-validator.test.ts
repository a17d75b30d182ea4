import { expect, test } from "vitest";
import { JsonSchemaValidator } from "./json-schema-validator.ts";

test("a broken schema is an invalid tool", () => {
  const validator = new JsonSchemaValidator();
  expect(validator.errors({ type: "string" }, 1)).toEqual(["the value must be string"]);
  expect(() => validator.errors({ type: "dict" }, {})).toThrow(expect.objectContaining({ name: "ThreadError", code: "invalid_tool" }));
});
