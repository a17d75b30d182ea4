import { expect, test } from "vitest";
import { parsePythonCall } from "./python-call.ts";

test.each([
  ["f()", { name: "f", positional: [], named: {} }],
  ["mv(source='a b', destination=\"it's\")", { name: "mv", positional: [], named: { source: "a b", destination: "it's" } }],
  ["f('x', -1.5e2, k=[1, (2, 3),], )", { name: "f", positional: ["x", -150], named: { k: [1, [2, 3]] } }],
  [" g( a = True , b=None, c={'k': {'n': False}}) ", { name: "g", positional: [], named: { a: true, b: null, c: { k: { n: false } } } }],
  ["f('a\\'b\\\\c\\nd\\w')", { name: "f", positional: ["a'b\\c\nd\\w"], named: {} }],
])("reads %s", (text, call) => {
  expect(parsePythonCall(text)).toEqual(call);
});

test.each(["", "f", "f(", "f(x)", "f('a)", "f(1 2)", "f() g()", "f({1: 2})", "f(__import__('os'))"])("refuses %j", (text) => {
  expect(() => parsePythonCall(text)).toThrow(/at position \d+/);
});
