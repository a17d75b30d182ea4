import { evaluate } from "@minference/word-problems";
import type { SeededRandom } from "./seeded-random.ts";

/** A calculation of a worked solution, carried out. */
export interface Calculation {
  readonly value: number;
  /** `2*3 = <<2*3=6>>6`. */
  readonly shown: string;
}

/** A question and the sentences of its solution, one a line; the answer is what the last calculation gave. */
interface WorkedProblem {
  readonly question: string;
  readonly solution: readonly string[];
}

/** Makes a problem of one kind from random numbers; what it calculates goes through `calculate`. */
export type ProblemTemplate = (random: SeededRandom, calculate: (expression: string) => Calculation) => WorkedProblem;

/** Carries out an expression and writes it as GSM8K does. */
export function calculation(expression: string): Calculation {
  const value = evaluate(expression);
  return { value, shown: `${expression} = <<${expression}=${value}>>${value}` };
}

/** People a problem can be about. */
export const names = [
  "Amara",
  "Björn",
  "Chidi",
  "Dolores",
  "Emil",
  "Farah",
  "Goran",
  "Hana",
  "Ines",
  "Jonas",
  "Keiko",
  "Luca",
  "Mireille",
  "Noor",
  "Olga",
  "Pavel",
  "Quentin",
  "Rosa",
  "Sanjay",
  "Tove",
] as const;
