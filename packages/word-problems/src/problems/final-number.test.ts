import { expect, it } from "vitest";
import { finalNumber } from "./final-number.ts";

it.each([
  ["That makes 12.\n#### 18", 18],
  ["#### $1,250.50", 1250.5],
  ["#### 5\nno, wait\n#### 6 (not 7)", 6],
  ["#### -3", -3],
  ["####18.", 18],
  ["The answer is 42.", 42],
  ["So he has $80,000 left", 80000],
  ["no number at all", null],
  ["", null],
])("finds the answer in %j", (text, answer) => {
  expect(finalNumber(text)).toBe(answer);
});
