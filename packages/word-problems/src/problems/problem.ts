/** One calculation of a worked solution: `<<16-3-4=9>>` has the expression `16-3-4` and the result `9`. */
export interface SolutionStep {
  readonly expression: string;
  /** The result as it is written. */
  readonly result: string;
}

/** A word problem with its worked solution. */
export interface Problem {
  /** The line it came from, counting from 1; its number in the order of generation where there was no file. */
  readonly line: number;
  readonly question: string;
  /** The sentences of the solution, without the marks of its calculations. */
  readonly explanation: string;
  readonly steps: readonly SolutionStep[];
  /** The final answer as a number. */
  readonly answer: number;
}
