import type { EntityRegistry } from "@minference/ecs";
import { ledgerStatuses, listRuns, type RunSummary } from "@minference/threads";
import { escapeForTerminal } from "../display/escape.ts";
import { formatThings } from "../display/quantities.ts";
import type { InspectResult } from "./inspect-result.ts";

/** Lists the stored runs, the latest first, and how far their conversations are. */
export async function listStoredRuns(registry: EntityRegistry, limit: number | null): Promise<InspectResult> {
  const runs = await listRuns(registry, { limit: limit ?? undefined });
  const text = runs.length === 0 ? "no runs yet; pnpm demo makes one\n" : runs.map((run) => `${lineOf(run)}\n`).join("");
  return { text, json: { runs } };
}

function lineOf({ counts, name, runId, startedAt, threads }: RunSummary): string {
  const parts = ledgerStatuses.flatMap((status) => (counts[status] === 0 ? [] : `${counts[status]} ${status.replaceAll("_", " ")}`));
  const named = name === null ? "" : `  ${escapeForTerminal(name)}`;
  return `${runId}  ${startedAt.toISOString()}${named}  ${formatThings(threads, "conversation")}: ${parts.join(", ")}`;
}
