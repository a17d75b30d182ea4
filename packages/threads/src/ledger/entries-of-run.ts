import { type EntityRegistry, pagesOf, type VersionHeader } from "@minference/ecs";
import { LedgerEntry } from "./ledger-entry.ts";

const pageSize = 1000;

/**
 * Lists the entries of a run as they were stored last, a page at a time, given the `ecsId` of the run. Of a thread that two processes moved on, the
 * first chain is the one that counts; it is listed first.
 */
export async function* entriesOfRun(registry: EntityRegistry, run: string): AsyncGenerator<readonly VersionHeader[], void> {
  const seen = new Set<string>();
  for await (const holders of pagesOf((after) => registry.referrers(run, { limit: pageSize, ...after }))) {
    yield holders.filter(({ lineageId, type }) => {
      if (type !== LedgerEntry.definition.name || seen.has(lineageId)) return false;
      seen.add(lineageId);
      return true;
    });
  }
}
