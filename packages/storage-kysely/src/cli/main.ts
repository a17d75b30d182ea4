#!/usr/bin/env node
import { once } from "node:events";
import { linesOf } from "./lines.ts";
import { runCommand } from "./run-command.ts";

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // Whoever reads, as `head` does, has had enough.
  if (error.code === "EPIPE") process.exit();
  process.stderr.write(`What was to be printed can't be written: ${error.message}\n`);
  process.exit(1);
});
process.exitCode = await runCommand(process.argv.slice(2), {
  // Nothing is read before a command asks for it: what comes until it has opened its store waits.
  input: linesOf(process.stdin),
  environment: process.env,
  async print(line) {
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, "drain");
  },
  tell: (line) => process.stderr.write(`${line}\n`),
});
process.stdin.destroy();
