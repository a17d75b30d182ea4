import { EntityRegistry, type EntityStorage } from "@minference/ecs";
import { LedgerEntry, type SentRequest } from "@minference/threads";
import { openStorage } from "../storage/open-storage.ts";
import { parseStorageLocation } from "../storage/storage-location.ts";

/** What a store says of the runs in it. */
export interface StoredRunState {
  /** The requests that were sent and have no stored answer. */
  readonly unanswered: readonly SentRequest[];
  readonly versions: number;
  /** The last version of every conversation's entry. */
  readonly entryIds: readonly string[];
}

/** Opens a store, hands it over and lets go of it. */
export async function withStore<Result>(location: string, use: (storage: EntityStorage) => Promise<Result>): Promise<Result> {
  const storage = await openStorage(parseStorageLocation(location));
  try {
    return await use(storage);
  } finally {
    await storage.close();
  }
}

/** Looks at how far the conversations of a store are. */
export async function readRunState(storage: EntityStorage): Promise<StoredRunState> {
  const registry = new EntityRegistry(storage);
  const entryIds: string[] = [];
  const unanswered: SentRequest[] = [];
  for await (const entry of registry.listByType(LedgerEntry, { limit: 1000 })) {
    entryIds.push(entry.ecsId);
    if (entry.status === "sent" && entry.request !== null) unanswered.push(entry.request);
  }
  const { versions } = await storage.statistics();
  return { unanswered, versions, entryIds };
}

/** How often each request was in doubt, by its idempotency key, and how many answers each conversation's entry holds. */
export async function readLedger(storage: EntityStorage): Promise<{ doubts: ReadonlyMap<string, number>; answers: number }> {
  const registry = new EntityRegistry(storage);
  const doubts = new Map<string, number>();
  let answers = 0;
  for await (const { ecsId } of pagesOf(registry)) {
    const [version] = await storage.loadVersions([ecsId]);
    if (version?.payload["status"] !== "in_doubt") continue;
    const { request } = await registry.get(LedgerEntry, ecsId);
    if (request !== null) doubts.set(request.idempotencyKey, (doubts.get(request.idempotencyKey) ?? 0) + 1);
  }
  for await (const entry of registry.listByType(LedgerEntry, { limit: 1000 })) answers += entry.outputs.length;
  return { doubts, answers };
}

async function* pagesOf(registry: EntityRegistry): AsyncGenerator<{ readonly ecsId: string }, void> {
  let after: string | undefined;
  do {
    const page = await registry.list(LedgerEntry, { versions: "all", limit: 1000, ...(after === undefined ? {} : { after }) });
    yield* page.items;
    after = page.next ?? undefined;
  } while (after !== undefined);
}
