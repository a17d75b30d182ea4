import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { parseProblemLine, ProblemFormatError } from "./gsm8k-line.ts";
import type { Problem } from "./problem.ts";

/** A line that holds no problem, and why. */
export interface BadLine {
  readonly line: number;
  readonly reason: string;
}

/** What a problem file holds. */
export interface ProblemFile {
  readonly problems: readonly Problem[];
  readonly badLines: readonly BadLine[];
}

/** What else a problem must fulfil; returns what is wrong with it, or null. */
export type ProblemCheck = (problem: Problem) => string | null;

/**
 * Reads the problems of a file in GSM8K's format, one a line, until `limit` good ones are found. Blank lines are
 * skipped. Rejects with the system's error when the file can't be read.
 */
export async function readProblems(path: string, limit: number, check: ProblemCheck): Promise<ProblemFile> {
  const problems: Problem[] = [];
  const badLines: BadLine[] = [];
  const stream = createReadStream(path, { encoding: "utf8" });
  let line = 0;
  try {
    for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      line += 1;
      const content = line === 1 ? text.replace(/^\uFEFF/, "") : text;
      if (content.trim() === "") continue;
      const result = readLine(content, line, check);
      if ("reason" in result) badLines.push(result);
      else problems.push(result);
      if (problems.length >= limit) break;
    }
  } finally {
    stream.destroy();
  }
  return { problems, badLines };
}

function readLine(text: string, line: number, check: ProblemCheck): Problem | BadLine {
  try {
    const problem = parseProblemLine(text, line);
    const reason = check(problem);
    return reason === null ? problem : { line, reason };
  } catch (error) {
    if (error instanceof ProblemFormatError) return { line, reason: error.message };
    throw error;
  }
}
