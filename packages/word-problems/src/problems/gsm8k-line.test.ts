import { describe, expect, it } from "vitest";
import { parseProblemLine, ProblemFormatError } from "./gsm8k-line.ts";

const line = (answer: string, question = "How many?") => JSON.stringify({ question, answer });

describe("parseProblemLine", () => {
  it("takes question, calculations, explanation and final answer apart", () => {
    const problem = parseProblemLine(
      line("First 16 - 3 = <<16-3=13>>13 are left.\nThat is 13*1,000=$<<13*1000=13000>>13,000.\n#### 13,000", " Eggs? "),
      7,
    );
    expect(problem).toEqual({
      line: 7,
      question: "Eggs?",
      explanation: "First 16 - 3 = 13 are left.\nThat is 13*1,000=$13,000.",
      steps: [
        { expression: "16-3", result: "13" },
        { expression: "13*1000", result: "13000" },
      ],
      answer: 13000,
    });
  });

  it.each([
    ["It is obvious.\n#### -4", -4],
    ["#### 2.50", 2.5],
    ["Money.\n#### $1,200", 1200],
    ["Trailing blanks.\n####   8  \n", 8],
  ])("reads the final answer of %j", (answer, value) => {
    expect(parseProblemLine(line(answer), 1)).toMatchObject({ answer: value });
  });

  it("does without calculations", () => {
    expect(parseProblemLine(line("Half of it is 3.\n#### 3"), 1).steps).toEqual([]);
  });

  it.each([
    ["{", "not valid JSON"],
    ["[]", "not an object"],
    ['{"question":"q"}', "not an object"],
    ['{"question":"","answer":"#### 1"}', "not an object"],
    [line("no final line"), "has no final line"],
    [line("#### many"), '"many" is not a number'],
    [line("#### "), '"" is not a number'],
    [line("<<1+1>>2\n#### 2"), "a calculation is not"],
    [line("<<1+1=2>2\n#### 2"), "a calculation is not"],
  ])("refuses %s", (text, reason) => {
    expect(() => parseProblemLine(text, 1)).toThrow(ProblemFormatError);
    expect(() => parseProblemLine(text, 1)).toThrow(reason);
  });
});
