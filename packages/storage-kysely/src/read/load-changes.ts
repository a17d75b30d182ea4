import { compareText, type EdgeChange, type Payload, type StoredChange } from "@minference/ecs";
import type { SqlDialect } from "../query/dialect.ts";
import type { Statements } from "../query/statements.ts";
import type { Work } from "../query/work.ts";
import type { ChangedVersionRow, RangeRow } from "./change-statements.ts";
import { readHeader, slotsAt } from "./load-versions.ts";

/** A slot in which a version may differ from its parent, and what it holds. */
interface Changed {
  readonly field: string;
  readonly slot: string;
  readonly child: number | null;
}

/** Reads versions as the changes that they are from their parents, in a few statements for each chain. */
export function* loadChanges(dialect: SqlDialect, statements: Statements, ecsIds: readonly string[]): Work<readonly StoredChange[]> {
  const rows = yield* statements.changes.versions(ecsIds);
  const changed = new Map<ChangedVersionRow, readonly Changed[]>();
  for (const [chain, versions] of Map.groupBy(rows, (row) => row.chain)) {
    const ranges = yield* statements.changes.ranges([
      [chain, Math.min(...versions.map(before)), Math.max(...versions.map(({ seq }) => seq))],
    ]);
    const { fork_chain, fork_seq } = versions[0] ?? { fork_chain: null, fork_seq: null };
    const inherited =
      fork_chain === null || fork_seq === null ? new Map<string, number>() : yield* slotsAt(statements.read, fork_chain, fork_seq);
    const slots = Map.groupBy(ranges, slotKey);
    const touched = touches(ranges);
    for (const row of versions) changed.set(row, changesOf(row, touched, slots, inherited));
  }
  const children = new Set([...changed.values()].flatMap((slots) => slots.flatMap(({ child }) => child ?? [])));
  const ids = new Map<number, string>();
  if (children.size > 0) for (const { vid, id } of yield* statements.read.ids([...children])) ids.set(vid, dialect.readUuid(id));
  return rows.map((row) => {
    const payload: Payload | null = row.holder === row.parent_holder ? null : JSON.parse(row.payload);
    const edges = (changed.get(row) ?? [])
      .map(({ field, slot, child }): EdgeChange => ({ field, slot, child: child === null ? null : (ids.get(child) ?? null) }))
      .toSorted((a, b) => compareText(a.field, b.field) || compareText(a.slot, b.slot));
    return Object.assign(readHeader(dialect, row), { payload, edges });
  });
}

/** The position of the version before on the same chain; 0 when there is none. */
function before({ chain, parent_chain, parent_seq }: ChangedVersionRow): number {
  return parent_chain === chain ? (parent_seq ?? 0) : 0;
}

/** Where slots change along a chain: when a range begins, and after it ends. */
function touches(ranges: readonly RangeRow[]): { readonly at: number; readonly range: RangeRow }[] {
  const all = ranges.flatMap((range) =>
    range.to_seq === null
      ? [{ at: range.from_seq, range }]
      : [
          { at: range.from_seq, range },
          { at: range.to_seq + 1, range },
        ],
  );
  return all.toSorted((a, b) => a.at - b.at);
}

function changesOf(
  row: ChangedVersionRow,
  touched: readonly { readonly at: number; readonly range: RangeRow }[],
  slots: ReadonlyMap<string, readonly RangeRow[]>,
  inherited: ReadonlyMap<string, number>,
): Changed[] {
  const from = before(row);
  const changes = new Map<string, Changed>();
  for (let index = firstAbove(touched, from); index < touched.length; index += 1) {
    const { at, range } = touched[index] ?? {};
    if (at === undefined || range === undefined || at > row.seq) break;
    const key = slotKey(range);
    if (changes.has(key)) continue;
    const ranges = slots.get(key) ?? [];
    const child = heldAt(ranges, row.seq, inherited.get(key));
    const was = from === 0 ? (inherited.get(key) ?? null) : heldAt(ranges, from, inherited.get(key));
    if (child !== was) changes.set(key, { field: range.field, slot: range.slot, child });
  }
  return [...changes.values()];
}

function heldAt(ranges: readonly RangeRow[], seq: number, inherited: number | undefined): number | null {
  const range = ranges.find(({ from_seq, to_seq }) => from_seq <= seq && (to_seq === null || to_seq >= seq));
  return range === undefined ? (inherited ?? null) : range.child_vid;
}

function firstAbove(touched: readonly { readonly at: number }[], seq: number): number {
  let low = 0;
  let high = touched.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((touched[middle]?.at ?? 0) <= seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

function slotKey({ field, slot }: { readonly field: string; readonly slot: string }): string {
  return `${field}\u0000${slot}`;
}
