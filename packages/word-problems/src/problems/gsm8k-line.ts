import { z } from "zod";
import type { Problem, SolutionStep } from "./problem.ts";

/** A line of a problem file that holds no problem; the message says why, without the line's number. */
export class ProblemFormatError extends Error {
  override readonly name = "ProblemFormatError";
}

const lineShape = z.object({
  question: z.string().trim().min(1),
  answer: z.string(),
});

const finalAnswer = /\n?[ \t]*####[ \t]*([^\n]*?)[ \t]*\s*$/;
const plainNumber = /^-?\$?(?:\d+(?:\.\d*)?|\.\d+)$/;
const calculation = /<<([^<>=]*)=([^<>=]*)>>/g;

/**
 * Reads one line in GSM8K's format: a JSON object with `question` and `answer`, where `<<2+3=5>>` marks a calculation
 * and a last line `#### 5` gives the final answer. Throws {@link ProblemFormatError} when it is anything else.
 */
export function parseProblemLine(text: string, line: number): Problem {
  const { question, answer } = parseJsonLine(text);
  const ending = finalAnswer.exec(answer);
  if (ending === null) throw new ProblemFormatError('the answer has no final line "#### NUMBER"');
  const written = (ending[1] ?? "").replaceAll(",", "");
  if (!plainNumber.test(written)) throw new ProblemFormatError(`the final answer ${JSON.stringify(ending[1])} is not a number`);

  const worked = answer.slice(0, ending.index);
  const steps: SolutionStep[] = [];
  const explanation = worked.replace(calculation, (_, expression: string, result: string) => {
    steps.push({ expression: expression.trim(), result: result.trim() });
    return "";
  });
  if (explanation.includes("<<")) throw new ProblemFormatError('a calculation is not of the form "<<EXPRESSION=RESULT>>"');
  return { line, question, explanation: explanation.trim(), steps, answer: Number(written.replace("$", "")) };
}

function parseJsonLine(text: string): z.output<typeof lineShape> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ProblemFormatError("not valid JSON");
  }
  const parsed = lineShape.safeParse(value);
  if (!parsed.success) throw new ProblemFormatError('not an object with the texts "question" and "answer"');
  return parsed.data;
}
