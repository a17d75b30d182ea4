import { ExpressionError, evaluate } from "../calculator/evaluate.ts";

/** Tells whether two numbers are the same but for the last bits of a calculation. */
export function sameNumber(left: number, right: number): boolean {
  return Math.abs(left - right) <= 1e-6 * Math.max(1, Math.abs(left), Math.abs(right));
}

/** Tells whether a value agrees with a number as it is written: exactly, or rounded to the decimals that are given (`3.33` for 10/3). */
export function agreesAsWritten(value: number, written: string): boolean {
  let expected: number;
  try {
    expected = evaluate(written);
  } catch (error) {
    if (error instanceof ExpressionError) return false;
    throw error;
  }
  if (sameNumber(value, expected)) return true;
  const decimals = /^-?[\d,]*\.(\d+)$/.exec(written)?.[1];
  return decimals !== undefined && Math.abs(value - expected) <= 0.5 * 10 ** -decimals.length + 1e-9;
}
