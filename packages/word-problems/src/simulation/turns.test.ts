import { expect, it } from "vitest";
import type { Problem } from "../problems/problem.ts";
import { calculationTurns } from "./turns.ts";

function turns(...calculations: string[]): string[][] {
  const steps = calculations.map((text) => {
    const [expression = "", result = ""] = text.split("=");
    return { expression, result };
  });
  const problem: Problem = { line: 1, question: "?", explanation: "", steps, answer: 0 };
  return calculationTurns(problem).map((turn) => turn.map(({ expression }) => expression));
}

it("makes calculations together unless one needs the result of another", () => {
  expect(turns()).toEqual([]);
  expect(turns("16-3-4=9", "9*2=18")).toEqual([["16-3-4"], ["9*2"]]);
  expect(turns("2*3=6", "4*5=20", "6+20=26")).toEqual([["2*3", "4*5"], ["6+20"]]);
  expect(turns("60/100*5=3", "16/2=8", "8*3=24", "8*5=40", "24+40=64")).toEqual([["60/100*5", "16/2"], ["8*3", "8*5"], ["24+40"]]);
  expect(turns("1/2=.5", "0.5*4=2")).toEqual([["1/2"], ["0.5*4"]]);
});
