import fc from "fast-check";
import { expect, test } from "vitest";
import { repairJson } from "./repair-json.ts";
import { toolCallFromText } from "./tool-call-arguments.ts";

test.each([
  ['```json\n{"a": 1}\n```', { a: 1 }],
  ['{"a": [1, 2, ], }', { a: [1, 2] }],
  ['{"a": "two\nlines\tand \\"quotes\\", ]"}', { a: 'two\nlines\tand "quotes", ]' }],
  ['Here it is:\n```json\n{"a": 1}\n```\nDone.', { a: 1 }],
  ['\ufeff{"a": True, "b": [None, False,]}', { a: true, b: [null, false] }],
  ['{"a": "True, or ```\nnot```"}', { a: "True, or ```\nnot```" }],
])("mends %j", (text, value) => {
  const call = toolCallFromText("id", "t", text);
  expect(call).toEqual({ type: "tool_call", id: "id", name: "t", arguments: value, argumentsText: text });
});

test.each([
  '{"a": 1',
  '{"a": "cut',
  "{'a': 1}",
  "{a: 1}",
  '{"a": 1} {"b": 2}',
  "[,]x",
  '{"a": Nones}',
  "```python\n[1]\n```",
  '```json\n{"a":1}\n```\n```json\n{"b":1}\n```',
])("leaves %j broken, with its text", (text) => {
  expect(toolCallFromText("id", "t", text)).toMatchObject({ argumentsText: text, error: expect.stringContaining("not valid JSON") });
});

test("law: what is JSON is left alone, and what is mended means what it meant", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(repairJson(JSON.stringify(value))).toBeNull();
      expect(JSON.parse(repairJson(`{"a":${JSON.stringify(value)},}`) ?? "")).toEqual(JSON.parse(JSON.stringify({ a: value })));
    }),
  );
});

test("law: what was cut is never completed", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.nat(), (value, at) => {
      const text = JSON.stringify(value);
      const cut = text.slice(0, 1 + (at % (text.length - 1)));
      expect(toolCallFromText("id", "t", cut).error).toBeDefined();
    }),
  );
});

test("takes a moment for long texts of the worst kind", () => {
  for (const text of ["[1" + ", ".repeat(200_000), "```".repeat(100_000), "```json\n" + " ".repeat(400_000), "T".repeat(400_000)]) {
    expect(repairJson(text)?.length ?? 0).toBeLessThanOrEqual(text.length);
  }
});
