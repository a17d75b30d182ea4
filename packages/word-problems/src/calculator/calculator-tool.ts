import type { CallableRegistry, CallableTool } from "@minference/threads";
import * as z from "zod";
import { evaluate } from "./evaluate.ts";

/** The name models call the calculator by. */
export const calculatorName = "calculator";

const calculatorInput = z.object({
  expression: z.string().describe("The expression, for example (16-3-4)*2. Knows + - * / ( ), decimals and %."),
});

const calculatorOutput = z.object({ result: z.number() });

/** Registers the calculator and gives the tool to put into threads. An expression it can't read becomes an error result for the model. */
export function registerCalculator(registry: CallableRegistry): CallableTool {
  return registry.register({
    name: calculatorName,
    docstring: "Calculates an arithmetic expression exactly. Use it for every calculation.",
    input: calculatorInput,
    output: calculatorOutput,
    run: ({ expression }) => ({ result: evaluate(expression) }),
  });
}

/** Reads a result of the calculator as it was sent to a model; null when it is none. */
export function readCalculatorResult(content: string): number | null {
  try {
    return calculatorOutput.parse(JSON.parse(content)).result;
  } catch {
    return null;
  }
}
