import { CommandError } from "@minference/command-line";
import { type EntityRegistry, isStorageId, type VersionHeader } from "@minference/ecs";
import { ChatThread } from "@minference/threads";
import { escapeForTerminal } from "../display/escape.ts";
import { threadHeaders } from "./thread-headers.ts";

/**
 * Finds the version of a conversation that an id names: a version's id, a conversation's (its latest version), or the
 * beginning of one that fits no other. Throws a `CommandError` when none or several fit.
 */
export async function resolveThread(registry: EntityRegistry, id: string): Promise<VersionHeader> {
  const wanted = id.toLowerCase();
  const exact = isStorageId(wanted) ? await namedBy(registry, wanted) : undefined;
  if (exact !== undefined) return exact;
  const found = new Map<string, VersionHeader>();
  for await (const header of threadHeaders(registry, "all")) {
    for (const candidate of [header.ecsId, header.lineageId]) if (candidate.startsWith(wanted)) found.set(candidate, header);
  }
  const [only] = found.values();
  const shown = escapeForTerminal(id.slice(0, 60));
  if (only === undefined) throw new CommandError(`No conversation here has the id ${shown}; pnpm demo list shows those there are`);
  if (found.size > 1) throw new CommandError(`${found.size} versions and conversations have ids that begin with ${shown}; give more of it`);
  return only;
}

/** Finds what a whole id names, without going through the store. */
async function namedBy({ storage }: EntityRegistry, id: string): Promise<VersionHeader | undefined> {
  const [version] = await storage.loadHeaders([id]);
  const header = version ?? (await storage.heads(id)).at(-1);
  return header?.type === ChatThread.definition.name ? header : undefined;
}
