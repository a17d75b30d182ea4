import { compareText, type EdgeChange } from "@minference/ecs";
import { filledSlots, type MemoryVersion, slotAt, slotKey } from "./history.ts";

/** Finds the slots in which a version differs from its parent. Costs what was changed between them. */
export function changedSlots(version: MemoryVersion, parent: MemoryVersion | null): EdgeChange[] {
  if (parent === null) return filledSlots(version);
  const changes: EdgeChange[] = [];
  for (const key of candidates(version, parent)) {
    const before = slotAt(parent, key);
    const after = slotAt(version, key);
    if (before?.child === after?.child) continue;
    if (after !== undefined) changes.push(after);
    else if (before !== undefined) changes.push({ field: before.field, slot: before.slot, child: null });
  }
  return changes.toSorted((a, b) => compareText(a.field, b.field) || compareText(a.slot, b.slot));
}

/** The slots that may differ: those changed since the parent where it is on the same line, all of both where it is not. */
function candidates(version: MemoryVersion, parent: MemoryVersion): Set<string> {
  const { chain } = version;
  if (parent.chain !== chain && parent !== chain.fork) {
    return new Set([...filledSlots(parent), ...filledSlots(version)].map(({ field, slot }) => slotKey(field, slot)));
  }
  const keys = new Set<string>();
  for (let seq = parent.seq + 1; seq <= version.seq; seq++) for (const key of chain.changes?.get(seq) ?? []) keys.add(key);
  return keys;
}
