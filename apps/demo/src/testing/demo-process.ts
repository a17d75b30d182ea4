import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The file that is started. */
export const program = fileURLToPath(new URL("../main.ts", import.meta.url));

/** What a finished command left behind. */
export interface DemoResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way. */
export interface DemoProcess {
  readonly child: ChildProcess;
  /** Resolves when stderr holds what is looked for. */
  seen(pattern: RegExp): Promise<void>;
  readonly result: Promise<DemoResult>;
}

/** How a command is started. */
export interface DemoOptions {
  readonly cwd: string;
  /** All of its environment, beside the PATH. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the command as a user does, in a process of its own. */
export function startDemo(args: readonly string[], { cwd, env = {} }: DemoOptions): DemoProcess {
  const child = spawn(process.execPath, ["--conditions=@minference/source", program, ...args], {
    cwd,
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const closed = once(child, "close");
  const result = closed.then(() => ({ code: child.exitCode, stdout, stderr }));
  return {
    child,
    result,
    seen: async (pattern) => {
      while (!pattern.test(stderr)) {
        const ended = await Promise.race([once(child.stderr, "data").then(() => false), closed.then(() => true)]);
        if (ended && !pattern.test(stderr)) throw new Error(`The command ended without saying ${pattern}: ${stderr}`);
      }
    },
  };
}

/** Runs the command to its end. */
export async function runDemo(args: readonly string[], options: DemoOptions): Promise<DemoResult> {
  return startDemo(args, options).result;
}
