import { checkWorkedSolution, evaluate } from "@minference/word-problems";
import { describe, expect, it } from "vitest";
import { generatedLines, generateProblems, templateCount } from "./generate-problems.ts";

describe("generateProblems", () => {
  const problems = generateProblems(800, 5);

  it("gives different problems whose solutions come out", () => {
    expect(problems).toHaveLength(800);
    expect(new Set(problems.map(({ question }) => question)).size).toBe(800);
    for (const problem of problems) {
      expect(problem.steps.length, problem.question).toBeGreaterThanOrEqual(2);
      for (const { expression, result } of problem.steps) expect(evaluate(expression)).toBe(Number(result));
      expect(problem.answer).toBe(Number(problem.steps.at(-1)?.result));
      expect(checkWorkedSolution(problem)).toBeNull();
    }
  });

  it("asks for amounts that make sense", () => {
    for (const { answer, question } of problems) {
      expect(answer, question).toBeGreaterThanOrEqual(0);
      expect(Number.isInteger(answer * 100), question).toBe(true);
      expect(question).not.toMatch(/NaN|undefined|-\d/);
    }
  });

  it("uses all kinds alike", () => {
    const kinds = new Set(problems.slice(0, templateCount).map(({ question }) => question.replace(/\d+(\.\d+)?/g, "#")));
    expect(templateCount).toBeGreaterThanOrEqual(16);
    expect(kinds.size).toBe(templateCount);
  });

  it("repeats itself for a seed, and the first problems whatever the count", () => {
    expect([...generatedLines(30, 9)]).toEqual([...generatedLines(60, 9)].slice(0, 30));
    expect([...generatedLines(30, 9)]).not.toEqual([...generatedLines(30, 10)]);
  });

  // Recalculated by hand from the questions, without the templates.
  it("gives the answers a person would", () => {
    const byPattern = (pattern: RegExp) =>
      problems.flatMap(({ question, answer }) => {
        const match = pattern.exec(question);
        return match === null ? [] : [{ numbers: match.slice(1).map(Number), answer }];
      });
    const check = (pattern: RegExp, expected: (...numbers: number[]) => number) => {
      const found = byPattern(pattern);
      expect(found.length, String(pattern)).toBeGreaterThan(10);
      for (const { numbers, answer } of found) expect(answer).toBeCloseTo(expected(...numbers), 9);
    };
    check(/buys (\d+) \w+ at \$(\d+) each.* discount of (\d+)%/, (n, price, off) => n * price * (1 - off / 100));
    check(
      /buys (\d+) packs of (\d+) candles for \$(\d+) a pack .* for \$(\d+)\./,
      (packs, size, cost, price) => packs * (size * price - cost),
    );
    check(/drives (\d+) hours at (\d+) km\/h and then (\d+) hours at (\d+) km/, (a, b, c, d) => a * b + c * d);
    check(/earns \$(\d+) an hour for (\d+) hours.* were (\d+) hours/, (rate, usual, over) => rate * (usual + 1.5 * over));
    check(/(\d+) rows of (\d+) seats\. For tonight (\d+)%/, (rows, seats, sold) => rows * seats * (1 - sold / 100));
    check(/tank holds (\d+) .* in (\d+) .* loses (\d+) .* after (\d+)/, (level, gain, loss, time) => level + (gain - loss) * time);
    check(/(\d+) metres long and (\d+) metres wide .* gate of (\d+) .* costs \$(\d+)/, (l, w, gate, price) => (2 * (l + w) - gate) * price);
    check(/mornings: (\d+), (\d+), (\d+) and (\d+)/, (a, b, c, d) => (a + b + c + d) / 4);
  });
});
