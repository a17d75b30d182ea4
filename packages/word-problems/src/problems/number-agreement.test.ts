import { expect, it } from "vitest";
import { agreesAsWritten, sameNumber } from "./number-agreement.ts";

it.each([
  [10 / 3, "3.33", true],
  [10 / 3, "3.3", true],
  [10 / 3, "3", false],
  [2 / 3, ".67", true],
  [2 / 3, ".66", false],
  [0.75, "3/4", true],
  [4, "4.00", true],
  [1250, "1,250", true],
  [-3.5, "-3.5", true],
  [3, "3 eggs", false],
  [3, "", false],
])("agreesAsWritten(%d, %j) is %s", (value, written, agrees) => {
  expect(agreesAsWritten(value, written)).toBe(agrees);
});

it("does not mind the last bits", () => {
  expect(sameNumber(0.1 + 0.2, 0.3)).toBe(true);
  expect(sameNumber(100, 100.001)).toBe(false);
});
