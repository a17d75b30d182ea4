import type { Environment } from "@minference/clients";
import { catalogue } from "../src/catalogue.ts";
import { runExample } from "../src/setting/run-example.ts";

/** Runs an example in this process, on the simulated provider unless the environment says otherwise, and gives what it printed. */
export async function run(
  name: string,
  environment: Environment = {},
): Promise<{ readonly code: number; readonly lines: string[]; readonly notes: string[] }> {
  const entry = catalogue.get(name);
  if (entry === undefined) throw new Error(`there is no example ${name}`);
  const lines: string[] = [];
  const notes: string[] = [];
  const code = await runExample((await entry.load()).example, {
    environment,
    print: (line) => lines.push(line),
    note: (line) => notes.push(line),
  });
  return { code, lines, notes };
}
