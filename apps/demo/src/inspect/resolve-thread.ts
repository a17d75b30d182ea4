import type { EntityRegistry, VersionHeader } from "@minference/ecs";
import { UserError } from "../cli/user-error.ts";
import { escapeForTerminal } from "../display/escape.ts";
import { threadHeaders } from "./thread-headers.ts";

/**
 * Finds the version of a conversation that an id names: a version's id, a conversation's (its latest version), or the
 * beginning of one that fits no other. Throws a `UserError` when none or several fit.
 */
export async function resolveThread(registry: EntityRegistry, id: string): Promise<VersionHeader> {
  const wanted = id.toLowerCase();
  const found = new Map<string, VersionHeader>();
  for await (const header of threadHeaders(registry, "all")) {
    for (const candidate of [header.ecsId, header.lineageId]) if (candidate.startsWith(wanted)) found.set(candidate, header);
  }
  const [only] = found.values();
  const shown = escapeForTerminal(id.slice(0, 60));
  if (only === undefined) throw new UserError(`No conversation here has the id ${shown}; pnpm demo list shows those there are`);
  const named = found.get(wanted) ?? (found.size === 1 ? only : undefined);
  if (named === undefined)
    throw new UserError(`${found.size} versions and conversations have ids that begin with ${shown}; give more of it`);
  return named;
}
