import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** Starts a program in a process of its own. */
export function start(program: URL): ChildProcess {
  return fork(program, { execArgv: ["--conditions=@minference/source", ...profiling()] });
}

/** Sends a process a message and waits for what it says; rejects when it ends without a word. */
export async function ask<Answer>(child: ChildProcess, message: object | null): Promise<Answer> {
  const { promise, reject, resolve } = Promise.withResolvers<Answer>();
  const onExit = (code: number | null): void => reject(new Error(`A process of the benchmark ended with ${code}`));
  child.once("message", resolve);
  child.once("exit", onExit);
  if (message !== null) child.send(message);
  try {
    return await promise;
  } finally {
    child.off("exit", onExit);
  }
}

/** Has a program measure something in a process of its own, where nothing was done before, and gives its figures. */
export async function measureApart<Figures>(program: URL, order: object): Promise<Figures> {
  const child = start(program);
  const figures = await ask<Figures>(child, order);
  await ended(child);
  return figures;
}

/** Waits until a process has ended. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

/** Profiles of the processes are written where `MINFERENCE_PROFILES` says. */
function profiling(): readonly string[] {
  const directory = process.env["MINFERENCE_PROFILES"];
  return directory === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${directory}`];
}
