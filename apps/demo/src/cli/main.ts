import { CommandError } from "@minference/command-line";
import { helpText } from "./help.ts";
import type { Terminal } from "../run/terminal.ts";
import { parseArguments } from "./parse-arguments.ts";

/** What `main` uses of the process it runs in. */
export type Surroundings = Omit<Terminal, "clock">;

/** Carries out a command line. Resolves with the exit code; what the user can put right is said in one line on stderr. */
export async function main(args: readonly string[], surroundings: Surroundings): Promise<number> {
  try {
    return await carryOut(args, surroundings);
  } catch (error) {
    if (!(error instanceof CommandError) && !(await isOfStoreOrThread(error))) throw error;
    const message = error instanceof Error ? error.message : String(error);
    surroundings.stderr.write(`demo: ${message.replace(/\s*\n\s*/g, " ")}\n`);
    return error instanceof CommandError ? error.exitCode : 1;
  }
}

/** What a command needs is loaded once its arguments are known to make sense. */
async function carryOut(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const command = parseArguments(args);
  switch (command.name) {
    case "help":
      surroundings.stdout.write(helpText);
      return 0;
    case "version":
      surroundings.stdout.write(`${(await import("./version.ts")).version()}\n`);
      return 0;
    case "run": {
      const { runCommand } = await import("../run/run-command.ts");
      return runCommand(command, await withClock(surroundings));
    }
    case "resume": {
      const { resumeCommand } = await import("../run/resume-command.ts");
      return resumeCommand(command, await withClock(surroundings));
    }
    case "list":
    case "runs":
    case "show":
    case "history":
    case "diff": {
      const { inspectCommand } = await import("../inspect/inspect-command.ts");
      await inspectCommand(command, surroundings.stdout);
      return 0;
    }
  }
}

async function withClock(surroundings: Surroundings): Promise<Terminal> {
  const { systemClock } = await import("@minference/clients");
  return { ...surroundings, clock: systemClock };
}

async function isOfStoreOrThread(error: unknown): Promise<boolean> {
  const { EntityError, StorageError } = await import("@minference/ecs");
  const { ThreadError } = await import("@minference/threads");
  return StorageError.is(error) || EntityError.is(error) || ThreadError.is(error);
}
