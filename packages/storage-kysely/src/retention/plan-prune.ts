import { setImmediate } from "node:timers/promises";
import type { PrunePolicy } from "@minference/ecs";
import type { Reader } from "../query/in-turns.ts";
import type { Work } from "../query/work.ts";
import type { HoldRow, PlannedChainRow, PruneStatements, StoreStateRow } from "./prune-statements.ts";

/** What is to go. */
export interface PrunePlan {
  /** Row ids, the youngest first. */
  readonly doomed: readonly number[];
  readonly versions: number;
  readonly state: StoreStateRow;
}

const window = 2_000;

/** The versions of one chain, by position. */
interface PlannedChain {
  readonly seqs: number[];
  readonly vids: number[];
}

/**
 * Works out what may go, reading some thousand rows at a time. What is stored meanwhile is not looked at.
 *
 * @param state - what the store was before, when nobody wrote: whatever is stored later is younger than all it had then
 */
export async function planPrune(statements: PruneStatements, policy: PrunePolicy, state: StoreStateRow, read: Reader): Promise<PrunePlan> {
  const last = state.last ?? 0;
  const kept = new Set<number>();
  const chains = new Map<number, PlannedChain>();
  const merges: [vid: number, from: number][] = [];
  const newer = policy.newerThan?.getTime() ?? Number.POSITIVE_INFINITY;
  const vids: number[] = [];
  for await (const rows of pages(
    read,
    (following) => statements.versions({ ...following, last }),
    ({ vid }) => vid,
  )) {
    for (const { vid, chain, seq, merge_parent, created_at } of rows) {
      const known = chains.get(chain);
      if (known === undefined) chains.set(chain, { seqs: [seq], vids: [vid] });
      else {
        known.seqs.push(seq);
        known.vids.push(vid);
      }
      if (created_at >= newer) kept.add(vid);
      if (merge_parent !== null) merges.push([vid, merge_parent]);
      vids.push(vid);
    }
  }
  let seen = kept.size;
  for await (const rows of pages(read, statements.chains, ({ id }) => id)) {
    for (const row of rows) {
      keepChain(row, chains, policy, kept);
      if (kept.size - seen < window) continue;
      seen = kept.size;
      await setImmediate();
    }
  }
  for (const { vid } of await read(() => statements.tagged(undefined))) kept.add(vid);
  const candidates = await notKept(vids, kept);
  const holds: HoldRow[] = [];
  for (let at = 0; at < candidates.length; at += window) {
    const slice = candidates.slice(at, at + window);
    for (const row of await read(() => statements.holds(slice))) holds.push(row);
  }
  const before = kept.size;
  await keepReached(chains, holds, merges, kept);
  return {
    doomed: kept.size === before ? candidates : candidates.filter((vid) => !kept.has(vid)),
    versions: vids.length,
    state,
  };
}

/** Lists what may go, the youngest first. */
async function notKept(vids: readonly number[], kept: ReadonlySet<number>): Promise<number[]> {
  const candidates: number[] = [];
  for (let at = vids.length - 1; at >= 0; at -= 1) {
    if (at % window === 0) await setImmediate();
    const vid = vids[at] ?? 0;
    if (!kept.has(vid)) candidates.push(vid);
  }
  return candidates;
}

async function* pages<Row>(
  read: Reader,
  query: (following: { after: number; limit: number }) => Work<readonly Row[]>,
  idOf: (row: Row) => number,
): AsyncGenerator<readonly Row[]> {
  for (let after = 0; ; ) {
    const from = after;
    const rows = await read(() => query({ after: from, limit: window }));
    yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < window) return;
    after = idOf(last);
  }
}

function keepChain(
  { id, type, parent_chain, fork_seq }: PlannedChainRow,
  chains: ReadonlyMap<number, PlannedChain>,
  { types, keepLast }: PrunePolicy,
  kept: Set<number>,
): void {
  const vids = chains.get(id)?.vids ?? [];
  const all = types !== undefined && !types.includes(type);
  for (const vid of all ? vids : vids.slice(-(keepLast ?? 1))) kept.add(vid);
  const parent = parent_chain === null ? undefined : chains.get(parent_chain);
  if (parent === undefined || fork_seq === null) return;
  const fork = parent.vids[positionFrom(parent.seqs, fork_seq)];
  if (fork !== undefined) kept.add(fork);
}

/** Adds what is held by, or was merged into, something that stays, until there is nothing to add. */
async function keepReached(
  chains: ReadonlyMap<number, PlannedChain>,
  holds: readonly HoldRow[],
  merges: readonly (readonly [vid: number, from: number])[],
  kept: Set<number>,
): Promise<void> {
  for (let before = -1; kept.size !== before; ) {
    before = kept.size;
    for (const [vid, from] of merges) if (kept.has(vid)) kept.add(from);
    for (const [index, hold] of holds.entries()) {
      if (index % window === 0) await setImmediate();
      if (!kept.has(hold.child) && isHeld(chains.get(hold.chain), hold, kept)) kept.add(hold.child);
    }
  }
}

function isHeld(chain: PlannedChain | undefined, { first, last }: HoldRow, kept: ReadonlySet<number>): boolean {
  if (chain === undefined || last === null) return true;
  for (let at = positionFrom(chain.seqs, first); at < chain.seqs.length; at += 1) {
    if ((chain.seqs[at] ?? 0) > last) return false;
    if (kept.has(chain.vids[at] ?? 0)) return true;
  }
  return false;
}

/** Finds the place of the first position that is not before the given one. */
function positionFrom(seqs: readonly number[], seq: number): number {
  let low = 0;
  let high = seqs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((seqs[middle] ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
