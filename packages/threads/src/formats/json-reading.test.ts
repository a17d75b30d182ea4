import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { readFencedJson, readJson, readJsonObject } from "./json-reading.ts";

const container = fc.jsonValue().filter((value) => typeof value === "object" && value !== null);
const plainText = fc.string().map((text) => text.replace(/[`[{]/g, ""));

test("what is written in a fence is read, whatever stands around it and in its strings", () => {
  const fenced = fc.tuple(container, plainText, plainText, fc.constantFrom("```json", "```", "```JSON"), fc.constantFrom("\n```", ""));
  fc.assert(
    fc.property(fenced, ([value, before, after, opening, closing]) => {
      const text = `${before}${opening}\n${JSON.stringify(value)}${closing}${closing === "" ? "" : after}`;
      expect(readFencedJson(text)).toEqual({ value: JSON.parse(JSON.stringify(value)) });
    }),
  );
});

describe("readFencedJson", () => {
  it.each([
    ['{"a":1}', { a: 1 }],
    [" [1, 2]\n", [1, 2]],
    ['Sure:\n```json\n{"code":"```js\\nx\\n```"}\n```\nDone.', { code: "```js\nx\n```" }],
    ['```\nnot this\n```\n```json\n{"a":1}\n```', { a: 1 }],
    ['Here\'s the valid JSON object response:```json\n{"a":1}', { a: 1 }],
  ])("reads %j", (text, value) => {
    expect(readFencedJson(text)).toEqual({ value });
  });

  it.each([
    ["", /^it holds no JSON/],
    ["42", /^it holds no JSON/],
    ["no JSON here", /^it holds no JSON/],
    ['```json\n{"a":\n```', /^it is not JSON/],
    ["```json\n[1e999]\n```", /too large/],
    ['```json\n{"a": "\\', /^it is not JSON/],
  ])("says what is wrong with %j", (text, error) => {
    expect(readFencedJson(text)).toEqual({ error: expect.stringMatching(error) });
  });

  it("takes a moment for thousands of fences", () => {
    expect(readFencedJson("```{".repeat(2_000))).toHaveProperty("error");
  });
});

test("a whole text is JSON or it is not", () => {
  expect(readJson(' {"a":[]} ')).toEqual({ value: { a: [] } });
  expect(JSON.stringify(readJson('{"__proto__":{"a":1}}'))).toBe('{"value":{"__proto__":{"a":1}}}');
  expect(readJson('```json\n{"a":1}\n```')).toHaveProperty("error");
  expect(readJsonObject("[1]")).toEqual({ error: "it is JSON, but no object" });
  expect(readJsonObject('{"a":1}')).toEqual({ value: { a: 1 } });
});
