import { parseProblemLine, type Problem } from "@minference/word-problems";
import { everydayTemplates } from "./everyday-templates.ts";
import { quantityTemplates } from "./quantity-templates.ts";
import { seededRandom } from "./seeded-random.ts";
import { shoppingTemplates } from "./shopping-templates.ts";
import { type Calculation, calculation, type ProblemTemplate } from "./template.ts";

const templates: readonly ProblemTemplate[] = [...shoppingTemplates, ...everydayTemplates, ...quantityTemplates];

/** How many kinds of problems there are. */
export const templateCount: number = templates.length;

/**
 * Makes `count` different word problems with worked solutions and calculated answers, all kinds in turn. The same seed
 * gives the same problems, and the first of them whatever the count.
 */
export function generateProblems(count: number, seed: number): readonly Problem[] {
  return Array.from(generatedLines(count, seed), (line, index) => parseProblemLine(line, index + 1));
}

/** Makes the same problems as lines in GSM8K's format. */
export function* generatedLines(count: number, seed: number): Generator<string> {
  const random = seededRandom(seed);
  const asked = new Set<string>();
  for (let made = 0; made < count; ) {
    for (const template of templates) {
      if (made === count) return;
      let answer = Number.NaN;
      const { question, solution } = template(random, (expression): Calculation => {
        const done = calculation(expression);
        answer = done.value;
        return done;
      });
      if (asked.has(question)) continue;
      asked.add(question);
      made += 1;
      yield JSON.stringify({ question, answer: `${solution.join("\n")}\n#### ${answer}` });
    }
  }
}
