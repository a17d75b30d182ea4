import type { Clock } from "@minference/clients";
import { ConflictError, EntityError, type EntityRegistry, isStorageId, pagesOf, type VersionHeader } from "@minference/ecs";
import { ThreadError } from "../errors/thread-error.ts";
import type { ChatThread } from "../thread/chat-thread.ts";
import { LedgerEntry } from "./ledger-entry.ts";
import { Run } from "./run.ts";
import { RunClaim } from "./run-claim.ts";

/** What is known of a run when it starts. */
export type RunSettings = Pick<Run, "name" | "until" | "maxSteps" | "onConflict" | "metadata">;

/** Why a thread could not be stored. */
export interface Refused {
  readonly refused: unknown;
}

/** A thread's entry and the commit that it was stored in, or why it could not be stored. */
export type Enrolment = { readonly entry: LedgerEntry; readonly commitId: string | null } | Refused;

/** A run that was begun. */
export interface OpenedRun {
  readonly run: Run;
  /** One for each thread, in order. */
  readonly enrolments: readonly Enrolment[];
}

/** A run as it is stored. */
export interface StoredRun {
  readonly run: Run;
  readonly claim: RunClaim;
  /** The version of each entry that counts. */
  readonly entryIds: readonly string[];
}

const pageSize = 1000;

/** How often an entry is claimed anew that an earlier owner moves on meanwhile. */
const mostRounds = 20;

/** Writes and reads what runs there are, and how far their threads are. */
export class RunLedger {
  readonly #registry: EntityRegistry;
  readonly #clock: Clock;

  constructor(registry: EntityRegistry, clock: Clock) {
    this.#registry = registry;
    this.#clock = clock;
  }

  /**
   * Stores a run and all its threads in one commit, so that there is either the whole run or none of it. Where some thread stands in the
   * way, each is stored on its own, and those that can't be are refused. Rejects when the run itself can't be stored.
   */
  async open(threads: readonly ChatThread[], settings: RunSettings): Promise<OpenedRun> {
    const startedAt = new Date(this.#clock.now());
    const run = new Run({ ...settings, startedAt, threads: threads.length });
    const claim = new RunClaim({ run, number: 1, claimedAt: startedAt });
    const entries = threads.map((thread, index) => new LedgerEntry({ run, thread, index, claim: 1 }));
    const { onConflict } = settings;
    try {
      const { commitId } = await this.#registry.register([run, claim, ...threads, ...entries], { onConflict, message: "run" });
      return { run, enrolments: entries.map((entry) => ({ entry, commitId })) };
    } catch {
      await this.#registry.register([run, claim], { message: "run" });
    }
    const enrolments = entries.map(async (entry): Promise<Enrolment> => {
      try {
        const { commitId } = await this.#registry.register([entry.thread, entry], { onConflict, message: "reserved" });
        return { entry, commitId };
      } catch (refused) {
        return { refused };
      }
    });
    return { run, enrolments: await Promise.all(enrolments) };
  }

  /** Finds a run. Throws `unknown_run`. */
  async find(runId: string): Promise<StoredRun> {
    const { storage } = this.#registry;
    const id = runId.toLowerCase();
    const [head] = isStorageId(id) ? await storage.heads(id) : [];
    if (head?.type !== Run.definition.name) throw unknownRun(runId);
    const lineages = new Set<string>();
    const referrers = pagesOf((after) => this.#registry.referrers(head.ecsId, { limit: pageSize, ...after }));
    for await (const holders of referrers) for (const { lineageId } of holders) lineages.add(lineageId);
    // The last version of the first chain counts: what a former owner paid for after it was taken over is on another.
    const counting = new Map<string, VersionHeader>();
    for (const version of await storage.loadHeads(Array.from(lineages))) {
      if (!counting.has(version.lineageId)) counting.set(version.lineageId, version);
    }
    const idsOf = (type: string): string[] => Array.from(counting.values()).flatMap((one) => (one.type === type ? one.ecsId : []));
    const [claim] = await this.#registry.getMany(RunClaim, idsOf(RunClaim.definition.name));
    if (claim === undefined) throw unknownRun(runId);
    return { run: claim.run, claim, entryIds: idsOf(LedgerEntry.definition.name) };
  }

  /**
   * Claims a run that was found, so that of two processes which do so at once one gets `run_taken`. Gives the entries of its threads, one for each that
   * was handed in, in order, as they are then; `missing_thread` for those that can't be loaded.
   */
  async claim({ claim, entryIds, run }: StoredRun): Promise<readonly (LedgerEntry | Refused)[]> {
    claim.number += 1;
    claim.claimedAt = new Date(this.#clock.now());
    try {
      await this.#registry.register(claim, { message: "claim" });
    } catch (cause) {
      if (!ConflictError.is(cause)) throw cause;
      throw new ThreadError("run_taken", `another process has just taken over the run ${run.lineageId}: leave it to that one`, { cause });
    }
    const entries = await this.#load(entryIds);
    return Array.from({ length: run.threads }, (_, index) => entries.get(index) ?? { refused: neverStored() });
  }

  /**
   * Makes entries this claim's: no other process can store a further step of their threads then, and one that tries ends with `taken_over`.
   * What an earlier owner began and did not end is in doubt from now on. Gives the entries in the same order, loaded again where an earlier
   * owner moved them on until now; one that belongs to a later claim is refused.
   */
  async takeOver(entries: readonly LedgerEntry[], claim: number): Promise<readonly (LedgerEntry | Refused)[]> {
    const unreadable = await this.#seeDecisions(entries);
    const readable = entries.filter((entry) => !unreadable.has(entry));
    for (const entry of readable) takeUp(entry, claim);
    try {
      await this.#registry.register(readable, { message: "taken over" });
      return entries.map((entry) => unreadable.get(entry) ?? entry);
    } catch (error) {
      if (!ConflictError.is(error)) throw error;
    }
    return Promise.all(
      entries.map(async (entry) => unreadable.get(entry) ?? this.#takeOverOne(entry, claim).catch((refused: unknown) => ({ refused }))),
    );
  }

  /** Shows threads that wait for a decision as they were stored last, since decisions stand beside the run; gives those that can't be read. */
  async #seeDecisions(entries: readonly LedgerEntry[]): Promise<ReadonlyMap<LedgerEntry, Refused>> {
    const unreadable = new Map<LedgerEntry, Refused>();
    const waiting = entries.filter(({ status }) => status === "awaiting_approval");
    await Promise.all(
      waiting.map(async (entry) => {
        await this.#registry.refresh(entry.thread, { children: "pinned" }).catch((refused: unknown) => unreadable.set(entry, { refused }));
      }),
    );
    return unreadable;
  }

  /** Gives entries by the places of their threads. Threads of which something was redacted can't be gone on with. */
  async #load(entryIds: readonly string[]): Promise<ReadonlyMap<number, LedgerEntry | Refused>> {
    try {
      const entries = await this.#registry.getMany(LedgerEntry, entryIds);
      return new Map(entries.map((entry) => [entry.index, entry]));
    } catch (error) {
      if (!isRedacted(error)) throw error;
    }
    const each = entryIds.map(async (id): Promise<readonly [number, LedgerEntry | Refused]> => {
      try {
        const entry = await this.#registry.get(LedgerEntry, id);
        return [entry.index, entry];
      } catch (error) {
        if (!isRedacted(error)) throw error;
        const [version] = await this.#registry.storage.loadVersions([id]);
        return [Number(version?.payload["index"] ?? -1), { refused: redacted(error) }];
      }
    });
    return new Map(await Promise.all(each));
  }

  async #takeOverOne(stale: LedgerEntry, claim: number): Promise<LedgerEntry> {
    let entry = stale;
    for (let round = 1; ; round += 1) {
      try {
        takeUp(entry, claim);
        await this.#registry.register(entry, { message: "taken over" });
        return entry;
      } catch (error) {
        if (!ConflictError.is(error) || round === mostRounds) throw error;
      }
      const [head] = await this.#registry.storage.heads(entry.lineageId);
      entry = await this.#registry.get(LedgerEntry, head?.ecsId ?? "");
      if (entry.claim > claim) throw new ThreadError("taken_over", "another process took the run over");
    }
  }
}

function takeUp(entry: LedgerEntry, claim: number): void {
  const { begunToolCalls, error, status } = entry;
  if (status === "completed") return;
  entry.claim = claim;
  if (status === "sent" || begunToolCalls.length > 0 || error?.code === "in_doubt" || entry.awaitsAnswer) entry.status = "in_doubt";
  else if (status === "failed") entry.status = "reserved";
  entry.error = null;
}

function isRedacted(error: unknown): error is EntityError {
  return EntityError.is(error) && error.code === "redacted";
}

function redacted(cause: EntityError): ThreadError {
  return new ThreadError("missing_thread", `the thread can't be loaded, for something of it was redacted: ${cause.message}`, { cause });
}

function neverStored(): ThreadError {
  return new ThreadError("missing_thread", "the thread was not stored when the run began, or its place in the run was redacted");
}

function unknownRun(runId: string): ThreadError {
  return new ThreadError("unknown_run", `there is no run ${JSON.stringify(runId.slice(0, 60))}: listRuns tells those there are`);
}
