import { systemReason } from "./system-reason.ts";

/**
 * Lets a command come to its end where what it prints can't be written, so that what it began is stored and let go of. Where nobody reads any
 * more, as behind `head`, nothing is said, and the exit code is that of the work. What else is in the way, such as a full disk, is said once on
 * stderr, and makes an exit code of 0 one of 1.
 */
export function goOnUnread(command: string, process: NodeJS.Process): void {
  const { stderr, stdout } = process;
  let told = false;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" || told) return;
    told = true;
    stderr.write(`${command}: Can't write the output: ${systemReason(error)}\n`);
    process.on("exit", () => {
      process.exitCode ||= 1;
    });
  });
  stderr.on("error", () => {});
}
