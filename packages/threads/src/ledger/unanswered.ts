import type { EntityRegistry, StoredVersion } from "@minference/ecs";
import * as z from "zod";
import { type Reservation, reservation } from "../budget/reservation.ts";
import type { UsageFilter } from "../usage/usage-of.ts";
import { entriesOfRun } from "./entries-of-run.ts";
import { lostAttemptOf, sentRequest, unansweredRequest } from "./ledger-entry.ts";
import { runsKnownAs } from "./runs-known-as.ts";

/** An attempt that has no stored answer and may be billed all the same. */
export interface UnansweredAttempt {
  /** The thread's `lineageId`. */
  readonly chatThreadId: string;
  /** As the request named it. */
  readonly model: string;
  readonly idempotencyKey: string;
  readonly reserved: Reservation;
}

/** What is read of an entry as it is stored: to load it would be to load its thread with all its history. */
const storedEntry = z.object({
  step: z.int(),
  request: sentRequest.omit({ sentAt: true }).nullable(),
  reserved: reservation.nullable().default(null),
  unanswered: z.array(unansweredRequest).default([]),
});

/**
 * Reads from the ledger which attempts may have been billed without an answer: those that were under way when a process ended or are under way
 * now, and those that broke off. Those of stores written before reservations were kept are left out, for what they can have cost is not known.
 */
export async function* unansweredOf(registry: EntityRegistry, filter: UsageFilter = {}): AsyncGenerator<UnansweredAttempt, void> {
  for await (const run of runsKnownAs(registry, filter.run)) {
    for await (const entries of entriesOfRun(registry, run.ecsId)) {
      const ids = entries.filter(({ redacted }) => !redacted).map(({ ecsId }) => ecsId);
      yield* await unansweredIn(registry, await registry.storage.loadVersions(ids), filter);
    }
  }
}

async function unansweredIn(
  { storage }: EntityRegistry,
  entries: readonly StoredVersion[],
  { model, thread }: UsageFilter,
): Promise<UnansweredAttempt[]> {
  const left = entries.flatMap((entry) => {
    const attempts = attemptsOf(entry);
    return attempts.length === 0 ? [] : { attempts, threadId: entry.edges.find(({ field }) => field === "thread")?.child ?? "" };
  });
  const headers = await storage.loadHeaders(left.map(({ threadId }) => threadId));
  const lineages = new Map(headers.map(({ ecsId, lineageId }) => [ecsId, lineageId]));
  return left.flatMap(({ attempts, threadId }) => {
    const chatThreadId = lineages.get(threadId) ?? threadId;
    if (thread !== undefined && thread !== chatThreadId) return [];
    const wanted = attempts.filter((attempt) => model === undefined || attempt.model === model);
    return wanted.map(({ idempotencyKey, model: asked, reserved }) => ({ chatThreadId, model: asked, idempotencyKey, reserved }));
  });
}

function attemptsOf({ lineageId, payload }: StoredVersion): z.output<typeof unansweredRequest>[] {
  const { unanswered, ...entry } = storedEntry.parse(payload);
  const last = lostAttemptOf({ lineageId, ...entry });
  return last === null || last.reserved === null ? unanswered : [...unanswered, { ...last, reserved: last.reserved }];
}
