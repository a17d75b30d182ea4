import { seededRandom } from "@minference/clients/testing";

/** Token lengths of the questions and answers of GSM8K's test split, at every twentieth of the problems (measured with o200k). */
const questionTokens = [22, 32, 35, 38, 40, 42, 45, 47, 50, 52, 55, 57, 60, 63, 66, 70, 74, 79, 88, 101, 184] as const;
const answerTokens = [22, 46, 52, 59, 65, 68, 74, 79, 84, 89, 95, 100, 107, 112, 120, 128, 136, 148, 162, 183, 309] as const;
/** How far long questions have long answers there: the correlation of the two is 0.50. */
const togetherness = 0.52;

/** One request of a load. */
export interface Question {
  readonly text: string;
  readonly answerTokens: number;
}

/** The instructions every request carries, about 200 tokens, as a worked example has. */
export const instructions = "Solve the problem step by step, and give the number alone on the last line. ".repeat(10);

/** The most tokens an answer may have. */
export const maxTokens = 400;

/** Draws requests with GSM8K's token lengths. Each has its number in it, so that no two are alike. */
export function drawQuestions(count: number, seed: number): Question[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, index) => {
    const place = random();
    const answerPlace = random() < togetherness ? place : random();
    const words = "word ".repeat(at(questionTokens, place));
    return { text: `#${index} ${words}`, answerTokens: at(answerTokens, answerPlace) };
  });
}

/** Reads a distribution between its twentieths. */
function at(quantiles: readonly number[], place: number): number {
  const exact = place * (quantiles.length - 1);
  const low = quantiles[Math.floor(exact)] ?? 0;
  const high = quantiles[Math.ceil(exact)] ?? low;
  return Math.round(low + (high - low) * (exact % 1));
}
