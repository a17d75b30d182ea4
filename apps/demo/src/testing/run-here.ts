import { main } from "../cli/main.ts";
import type { DemoResult } from "./demo-process.ts";

/** Runs the command to its end in this process, which is several times faster than in one of its own. Relative paths are those of this process. */
export async function runHere(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<DemoResult> {
  let stdout = "";
  let stderr = "";
  const code = await main(args, {
    environment,
    signal: new AbortController().signal,
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  return { code, stdout, stderr };
}
