import { evaluate } from "../calculator/evaluate.ts";
import type { Problem } from "./problem.ts";
import { agreesAsWritten } from "./number-agreement.ts";

/** Recalculates the worked solution of a problem; returns what is wrong with it, or null. */
export function checkWorkedSolution(problem: Problem): string | null {
  for (const { expression, result } of problem.steps) {
    let value: number;
    try {
      value = evaluate(expression);
    } catch (error) {
      return `the calculation ${JSON.stringify(expression)} can't be read: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (!agreesAsWritten(value, result)) return `the calculation ${JSON.stringify(`${expression}=${result}`)} is wrong: it gives ${value}`;
  }
  return null;
}
