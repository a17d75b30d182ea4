import { type Chain, type MemoryVersion, slotKey } from "./history.ts";

/** A run of positions on a chain; without end while it goes on. */
export interface Span {
  readonly from: number;
  readonly to: number | null;
}

/** Finds where versions are held, on the chains that took them up and on those that branched off meanwhile, until these changed the slot. */
export function holdingSpans(held: readonly MemoryVersion[]): Map<Chain, Span[]> {
  const spans = new Map<Chain, Span[]>();
  const waiting = held.flatMap(({ heldBy }) =>
    heldBy.map(({ chain, field, slot, from, to }) => ({ chain, key: slotKey(field, slot), from, to })),
  );
  for (let span = waiting.pop(); span !== undefined; span = waiting.pop()) {
    const { chain, key, from, to } = span;
    const known = spans.get(chain);
    if (known === undefined) spans.set(chain, [{ from, to }]);
    else known.push({ from, to });
    for (const branch of chain.branches) {
      const fork = branch.fork?.seq ?? 0;
      const changedAt = branch.slots?.get(key)?.[0]?.from;
      if (fork >= from && (to === null || fork <= to)) {
        waiting.push({ chain: branch, key, from: fork + 1, to: changedAt === undefined ? null : changedAt - 1 });
      }
    }
  }
  return spans;
}
