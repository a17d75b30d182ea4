import { compareText, type StoredEdge, type VersionHeader } from "@minference/ecs";

/** A linear run of versions of one lineage, and the slots that were filled along it. */
export interface Chain {
  readonly lineageId: string;
  readonly type: string;
  /** The version this chain branches from; `null` for the first chain of a lineage. */
  readonly fork: MemoryVersion | null;
  versions: MemoryVersion[];
  /** Its place among all chains, oldest first. */
  place: number;
  /** The chains that branch from this one. */
  readonly branches: Chain[];
  /** The runs of each slot, oldest first, by {@link slotKey}. Most chains hold nothing, and have no map. */
  slots: Map<string, SlotRun[]> | undefined;
  /** The slots that were changed at each position, by {@link slotKey}. */
  changes: Map<number, string[]> | undefined;
}

/** Everything stored under one lineage id. */
export interface Lineage {
  /** Oldest first. */
  readonly chains: Chain[];
  /** As they were stored. */
  versions: MemoryVersion[];
}

/** A payload as JSON text: nobody can change it, and versions share it. */
export interface SharedPayload {
  readonly text: string;
}

/** One stored version; what it holds stands in the slots of its chain and that one's ancestors. */
export interface MemoryVersion {
  header: VersionHeader;
  payload: SharedPayload;
  readonly chain: Chain;
  /** Its position: one more than its parent's. */
  readonly seq: number;
  /** The runs that hold it. */
  heldBy: SlotRun[];
}

/** A slot that held one child, or was empty over an inherited one, from one position to another. */
export interface SlotRun {
  /** The chain whose slot it is. */
  readonly chain: Chain;
  readonly field: string;
  readonly slot: string;
  readonly from: number;
  /** The last position; `null` while it goes on. */
  to: number | null;
  readonly child: MemoryVersion | null;
}

/** Joins field and slot into one key; neither holds NUL. */
export function slotKey(field: string, slot: string): string {
  return `${field}\u0000${slot}`;
}

/** Puts a child into a slot from a position of the chain on, or empties the slot. */
export function changeSlot(chain: Chain, seq: number, field: string, slot: string, child: MemoryVersion | null): void {
  const key = slotKey(field, slot);
  const changes = (chain.changes ??= new Map<number, string[]>());
  const changed = changes.get(seq);
  if (changed === undefined) changes.set(seq, [key]);
  else changed.push(key);
  const slots = (chain.slots ??= new Map<string, SlotRun[]>());
  const runs = slots.get(key);
  const open = runs?.at(-1);
  if (open !== undefined && open.to === null) open.to = seq - 1;
  if (child === null && chain.fork === null) return;
  const run: SlotRun = { chain, field, slot, from: seq, to: null, child };
  if (runs === undefined) slots.set(key, [run]);
  else runs.push(run);
  if (child === null) return;
  if (child.heldBy.length === 0) child.heldBy = [run];
  else child.heldBy.push(run);
}

/** Takes a run away from what it holds. */
export function letGo(run: SlotRun): void {
  if (run.child !== null) run.child.heldBy = run.child.heldBy.filter((other) => other !== run);
}

/** Finds the filled slots of a version: the nearest chain's run counts, an empty run hides what is inherited. */
export function filledSlots(version: MemoryVersion): StoredEdge[] {
  const edges: StoredEdge[] = [];
  const decided = new Set<string>();
  for (let at: MemoryVersion | null = version; at !== null; at = at.chain.fork) {
    for (const [key, runs] of at.chain.slots ?? []) {
      const run = decided.has(key) ? undefined : runAt(runs, at.seq);
      if (run === undefined) continue;
      decided.add(key);
      if (run.child !== null) edges.push({ field: run.field, slot: run.slot, child: run.child.header.ecsId });
    }
  }
  return edges.toSorted((a, b) => compareText(a.field, b.field) || compareText(a.slot, b.slot));
}

/** Finds what one slot of a version holds. */
export function slotAt(version: MemoryVersion, key: string): StoredEdge | undefined {
  for (let at: MemoryVersion | null = version; at !== null; at = at.chain.fork) {
    const run = runAt(at.chain.slots?.get(key) ?? [], at.seq);
    if (run === undefined) continue;
    return run.child === null ? undefined : { field: run.field, slot: run.slot, child: run.child.header.ecsId };
  }
  return undefined;
}

function runAt(runs: readonly SlotRun[], seq: number): SlotRun | undefined {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((runs[middle]?.from ?? seq) <= seq) low = middle + 1;
    else high = middle;
  }
  const run = runs[low - 1];
  return run !== undefined && (run.to === null || run.to >= seq) ? run : undefined;
}
