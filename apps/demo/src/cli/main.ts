import { readFileSync } from "node:fs";
import { EntityError, StorageError } from "@minference/ecs";
import { ThreadError } from "@minference/threads";
import * as z from "zod";
import { inspectCommand } from "../inspect/inspect-command.ts";
import { resumeCommand } from "../run/resume-command.ts";
import { runCommand } from "../run/run-command.ts";
import type { Terminal } from "../run/terminal.ts";
import { helpText } from "./help.ts";
import { parseArguments } from "./parse-arguments.ts";
import { UserError } from "./user-error.ts";

const manifest = z.object({ version: z.string() });

/** Carries out a command line. Resolves with the exit code; what the user can put right is said in one line on stderr. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await carryOut(args, terminal);
  } catch (error) {
    const known = error instanceof UserError || StorageError.is(error) || EntityError.is(error) || ThreadError.is(error);
    if (!known) throw error;
    terminal.stderr.write(`demo: ${error.message.replace(/\s*\n\s*/g, " ")}\n`);
    return error instanceof UserError ? error.exitCode : 1;
  }
}

async function carryOut(args: readonly string[], terminal: Terminal): Promise<number> {
  const command = parseArguments(args);
  switch (command.name) {
    case "help":
      terminal.stdout.write(helpText);
      return 0;
    case "version":
      terminal.stdout.write(`${version()}\n`);
      return 0;
    case "run":
      return runCommand(command, terminal);
    case "resume":
      return resumeCommand(command, terminal);
    case "list":
    case "runs":
    case "show":
    case "history":
    case "diff":
      await inspectCommand(command, terminal.stdout);
      return 0;
  }
}

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return manifest.parse(JSON.parse(text)).version;
}
