import type { Problem, SolutionStep } from "../problems/problem.ts";

/** The calculations a model makes in one turn: none of them needs the result of another. */
export type CalculationTurn = readonly SolutionStep[];

/** Splits the worked solution of a problem into turns: a calculation joins the turn before it unless it uses a result of it. */
export function calculationTurns(problem: Problem): readonly CalculationTurn[] {
  const turns: SolutionStep[][] = [];
  for (const step of problem.steps) {
    const turn = turns.at(-1);
    if (turn === undefined || turn.some((earlier) => uses(step, earlier))) turns.push([step]);
    else turn.push(step);
  }
  return turns;
}

function uses(step: SolutionStep, earlier: SolutionStep): boolean {
  const results = numbersIn(earlier.result);
  return numbersIn(step.expression).some((operand) => results.includes(operand));
}

function numbersIn(text: string): readonly number[] {
  return Array.from(text.matchAll(/\d+(?:\.\d+)?|\.\d+/g), ([digits]) => Number(digits));
}
