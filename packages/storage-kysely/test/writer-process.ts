import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** What a writer process said until it ended. */
export interface Written {
  readonly stored: readonly string[];
  readonly conflicts: readonly string[];
  readonly exitCode: number | null;
  readonly errors: string;
}

/** What a writer process does: see writer.ts. */
export interface WriterTask {
  readonly target: string;
  /** The versions it goes on from, in turn. */
  readonly from: readonly { readonly ecsId: string; readonly lineageId: string }[];
  readonly count: number;
  readonly policy: "reject" | "branch";
  /** Kills the process, without warning, after so many acknowledged versions. */
  readonly killAfter?: number;
  /** Told how many versions were acknowledged so far, each time it says so. */
  readonly onStored?: (count: number) => void;
}

/** Runs a process of its own that appends to a lineage. */
export async function runWriter({ target, from, count, policy, killAfter, onStored }: WriterTask): Promise<Written> {
  const script = fileURLToPath(new URL("writer.ts", import.meta.url));
  const ids = from.map(({ ecsId }) => ecsId).join(",");
  const lineages = from.map(({ lineageId }) => lineageId).join(",");
  const flags = ["--conditions=@minference/source", script, target, ids, lineages, String(count), policy];
  const child = spawn(process.execPath, flags, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    onStored?.(said(output, "stored").length);
    if (killAfter !== undefined && said(output, "stored").length >= killAfter) child.kill("SIGKILL");
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  await once(child, "close");
  return { stored: said(output, "stored"), conflicts: said(output, "conflict"), exitCode: child.exitCode, errors };
}

function said(output: string, word: string): string[] {
  return output
    .split("\n")
    .flatMap((line) => (line.startsWith(`${word} `) && line.length === word.length + 37 ? [line.slice(word.length + 1)] : []));
}
