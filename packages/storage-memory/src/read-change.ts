import type { EdgeChange, StoredEdge } from "@minference/ecs";
import { compareText, filledSlots, type MemoryVersion, slotKey } from "./history.ts";

/** Finds the slots in which a version differs from its parent. */
export function changedSlots(version: MemoryVersion, parent: MemoryVersion | null): EdgeChange[] {
  const before = parent === null ? new Map<string, StoredEdge>() : slotsOf(parent);
  const after = slotsOf(version);
  const filled = [...after].filter(([key, { child }]) => before.get(key)?.child !== child).map(([, edge]) => edge);
  const emptied = [...before].filter(([key]) => !after.has(key)).map(([, { field, slot }]) => ({ field, slot, child: null }));
  return [...filled, ...emptied].toSorted((a, b) => compareText(a.field, b.field) || compareText(a.slot, b.slot));
}

function slotsOf(version: MemoryVersion): Map<string, StoredEdge> {
  return new Map(filledSlots(version).map((edge) => [slotKey(edge.field, edge.slot), edge]));
}
