import { escapeForTerminal } from "../display/escape.ts";
import { formatThings } from "../display/quantities.ts";
import { defaultStorage, describeStorage, type StorageLocation } from "../storage/storage-location.ts";
import type { RunReport } from "./run-report.ts";

/** Says why conversations failed: a line a reason, with the provider where it has to do with one. */
export function failureLines({ threads }: RunReport): readonly string[] {
  const counts = new Map<string, number>();
  for (const { error, provider } of threads) {
    if (error === null) continue;
    const advice = error.code === "authentication" ? "; check the key in the environment" : "";
    const where = error.code === "storage" ? "" : `${provider}: `;
    const reason = `${where}${escapeForTerminal(error.message).slice(0, 500)}${advice}`;
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return Array.from(counts, ([reason, count]) => `${reason} (${formatThings(count, "conversation")} failed)`);
}

/** The command that goes on with a run, or looks at one of its conversations; null when there is nothing to be done. */
export function nextCommand({ cancelled, inDoubt, runId, threads }: RunReport, location: StorageLocation): string | null {
  const doubted = inDoubt > 0 || threads.some(({ error }) => error?.code === "in_doubt");
  if (runId !== null && (cancelled > 0 || doubted)) return resumeCommandLine(runId, location);
  const id = (threads.find(({ result }) => result === "right") ?? threads.find((thread) => thread.id !== null))?.id ?? null;
  if (id === null || location.kind === "memory") return null;
  return onStorage(`pnpm demo show ${id}`, location);
}

/** The command that goes on with a run. */
export function resumeCommandLine(runId: string, location: StorageLocation): string {
  return onStorage(`pnpm demo --resume ${runId}`, location);
}

function onStorage(command: string, location: StorageLocation): string {
  const storage = describeStorage(location);
  return storage === defaultStorage ? command : `${command} --storage ${quoted(storage)}`;
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
