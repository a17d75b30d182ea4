import { CommandError, systemReason } from "@minference/command-line";
import { type BadLine, type Problem, type ProblemCheck, type ProblemFile, readProblems } from "@minference/word-problems";
import type { RunCommand } from "../cli/command.ts";
import { escapeForTerminal } from "../display/escape.ts";
import { generateProblems } from "../problems/generate-problems.ts";

/** How many problems are generated when no number is given. */
const defaultProblemCount = 64;

const mostGenerated = 100_000;

/**
 * Gets the problems a run is to solve: from the input file, or generated. Throws a `CommandError` when the file can't be
 * read, holds nothing, or has bad lines and the run is not to keep going.
 */
export async function loadProblems(command: RunCommand, check: ProblemCheck): Promise<ProblemFile> {
  const { input, keepGoing, limit, seed } = command;
  if (input === null) return { problems: generate(limit ?? defaultProblemCount, seed), badLines: [] };
  const file = await read(input, limit ?? Number.POSITIVE_INFINITY, check);
  const [bad] = file.badLines;
  if (bad !== undefined && !keepGoing) {
    const others = file.badLines.length === 1 ? "" : ` (and ${file.badLines.length - 1} more)`;
    throw new CommandError(`${describeBadLine(input, bad)}${others}; --keep-going solves the others`);
  }
  if (file.problems.length === 0) throw new CommandError(`${escapeForTerminal(input)} holds no problems`);
  return file;
}

/** Says what is wrong with a line, as compilers do. */
export function describeBadLine(input: string, { line, reason }: BadLine): string {
  return `${escapeForTerminal(input)}:${line}: ${escapeForTerminal(reason.slice(0, 200))}`;
}

function generate(count: number, seed: number): readonly Problem[] {
  if (count > mostGenerated)
    throw new CommandError(`At most ${mostGenerated} problems can be generated; for more give a file with --input`);
  return generateProblems(count, seed);
}

async function read(input: string, limit: number, check: ProblemCheck): Promise<ProblemFile> {
  try {
    return await readProblems(input, limit, check);
  } catch (cause) {
    throw new CommandError(`Can't read ${escapeForTerminal(input)}: ${systemReason(cause)}`, { cause });
  }
}
