/** Tells a model how to solve a problem, so that its answer can be graded. */
export const solvingInstructions =
  "Solve the word problem step by step. Use the calculator for every calculation. " +
  'End with a line of its own "#### N", where N is the answer as a plain number without a unit.';
