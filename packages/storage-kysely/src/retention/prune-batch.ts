import { both, lookUp, type Work } from "../query/work.ts";
import type { DoomedRow, HoldRow, MergeRow, PruneStatements, StoreStateRow } from "./prune-statements.ts";

/** What one batch did. */
export interface BatchOutcome {
  readonly pruned: number;
  /** Versions that others which are to go still hold, or were merged from. */
  readonly postponed: readonly number[];
  /** Whether more versions share the payloads of the batch than one transaction moves: the batch is to be carried out again. */
  readonly again: boolean;
  /** Whether the store was cleared since the plan was made: what has the ids of the plan now is something else. */
  readonly cleared: boolean;
}

/** Versions that share a payload, moved in one transaction at most. */
const mostMoves = 200;

/**
 * Takes some versions away, to be run in one transaction during which nobody else writes. What has come to be needed since the plan was made is
 * left: a version that got a name, a branch, a merge or a holder.
 *
 * @param state - what the store was before the plan was made
 * @param heirs - who took over the payload of which version, kept from one run of a batch to the next
 */
export function* pruneBatch(
  statements: PruneStatements,
  vids: readonly number[],
  state: StoreStateRow,
  heirs: Map<number, number>,
): Work<BatchOutcome> {
  const held = both(statements.holds(vids), statements.merges(vids));
  const [[found, [holds, merges]], [now]] = yield* both(both(statements.doomed(vids), held), statements.state(undefined));
  const nothing = { pruned: 0, postponed: [], again: false, cleared: false };
  if (now?.first_commit !== state.first_commit) return { ...nothing, cleared: true };
  const doomed = new Map(found.filter((row) => row.needed === 0 && row.next !== null).map((row) => [row.vid, row]));
  const postponed = yield* leaveHeld(statements, doomed, holds, merges);
  const going = [...doomed.keys()];
  if (going.length === 0) return { ...nothing, postponed };
  const sharers = yield* statements.sharers({ vids: going, limit: mostMoves });
  if (sharers.length > 0) yield* movePayloads(statements, sharers, heirs);
  if (sharers.length === mostMoves) return { ...nothing, again: true };
  const gaps = gapsOf([...doomed.values()]);
  const relinked = both(
    statements.relink(gaps.map(({ next, parent }) => [next, parent])),
    statements.dropRanges(gaps.map(({ chain, lo, hi }) => [chain, lo, hi])),
  );
  yield* both(relinked, statements.dropVersions(going));
  return { ...nothing, pruned: going.length, postponed };
}

/** Takes out what is held by versions that do not go along, and what these were merged from. */
function* leaveHeld(
  statements: PruneStatements,
  doomed: Map<number, DoomedRow>,
  found: readonly HoldRow[],
  merges: readonly MergeRow[],
): Work<number[]> {
  const holds = found.filter(({ child }) => doomed.has(child));
  if (holds.length === 0 && merges.length === 0) return [];
  const counts = new Map<number, number>();
  const asked = holds.map(({ chain, first, last }, index) => [index, chain, first, last]);
  for (const { hold, versions } of yield* lookUp(statements.countAt, asked)) counts.set(hold, versions);
  const left: number[] = [];
  for (let before = -1; left.length !== before; ) {
    before = left.length;
    const rows = Map.groupBy(doomed.values(), ({ chain }) => chain);
    for (const [index, hold] of holds.entries()) {
      if (!doomed.has(hold.child) || goingAt(rows.get(hold.chain) ?? [], hold) === counts.get(index)) continue;
      doomed.delete(hold.child);
      left.push(hold.child);
    }
    for (const { parent, version } of merges) if (!doomed.has(version) && doomed.delete(parent)) left.push(parent);
  }
  return left;
}

function goingAt(rows: readonly DoomedRow[], { first, last }: HoldRow): number {
  return rows.reduce((count, { seq }) => count + (seq >= first && (last === null || seq <= last) ? 1 : 0), 0);
}

function* movePayloads(
  statements: PruneStatements,
  sharers: readonly { readonly vid: number; readonly holder: number }[],
  heirs: Map<number, number>,
): Work<void> {
  const inherits: number[][] = [];
  const shares: number[][] = [];
  for (const { vid, holder } of sharers) {
    const heir = heirs.get(holder);
    if (heir === undefined) {
      heirs.set(holder, vid);
      inherits.push([vid, holder]);
    } else shares.push([vid, heir]);
  }
  if (inherits.length > 0) yield* statements.inherit(inherits);
  if (shares.length > 0) yield* statements.share(shares);
}

interface Gap {
  readonly chain: number;
  /** The positions around it. */
  readonly lo: number;
  readonly hi: number;
  readonly next: number | null;
  readonly parent: number | null;
}

/** Joins versions that follow each other into the gaps they will leave. */
function gapsOf(doomed: readonly DoomedRow[]): Gap[] {
  const gaps: Gap[] = [];
  for (const { chain, seq, parent, before_seq, next, next_seq } of doomed.toSorted((a, b) => a.chain - b.chain || a.seq - b.seq)) {
    const open = gaps.at(-1);
    if (open !== undefined && open.chain === chain && open.hi === seq) gaps[gaps.length - 1] = { ...open, next, hi: next_seq ?? seq };
    else gaps.push({ chain, lo: before_seq ?? 0, hi: next_seq ?? seq, next, parent });
  }
  return gaps;
}
