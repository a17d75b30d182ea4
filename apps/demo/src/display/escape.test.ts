import { expect, it } from "vitest";
import { escapeForTerminal } from "./escape.ts";

it.each([
  ["plain äöü 😀 日本", "plain äöü 😀 日本"],
  ["\u001b[31mred\u001b[0m", "\\x1b[31mred\\x1b[0m"],
  ["\u001b]8;;http://x\u0007", "\\x1b]8;;http://x\\x07"],
  ["\u009b2J", "\\x9b2J"],
  ["a\rb\bc\u007f", "a\\x0db\\x08c\\x7f"],
  ["\u202eabc", "\\u{202e}abc"],
  ["a\u2028b", "a\\u{2028}b"],
  ["\ud800", "\\u{d800}"],
  ["a\nb\tc", "a\\x0ab\\x09c"],
])("shows %j as %j", (text, shown) => {
  expect(escapeForTerminal(text)).toBe(shown);
});

it("keeps line breaks and tabs where they are wanted", () => {
  expect(escapeForTerminal("a\nb\tc\r", { multiline: true })).toBe("a\nb\tc\\x0d");
});
