import { valuesEqual } from "../definition/values-equal.ts";
import { compareText } from "../storage/compare-text.ts";
import type { JsonValue } from "../storage/json.ts";
import type { StoredVersion, VersionHeader } from "../storage/stored-version.ts";
import type { ListChange } from "./list-changes.ts";

/** A field of plain data that two versions hold differently, in its stored form; `undefined` where a version lacks it. */
export interface ValueChange {
  readonly kind: "value";
  readonly field: string;
  readonly before: JsonValue | undefined;
  readonly after: JsonValue | undefined;
}

/** A slot in which two versions refer to different versions of an entity, or one of them to none. */
export interface ReferenceChange {
  readonly kind: "reference";
  readonly field: string;
  /** Empty for a single reference, the key in a record or map, an order key in a list or set. */
  readonly slot: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What differs between two versions, field by field in the order of their names. */
export interface VersionDiff {
  readonly from: VersionHeader;
  readonly to: VersionHeader;
  readonly changes: readonly (ValueChange | ReferenceChange)[];
  /** The same changes element by element, for the lists of classes that the registry knows. */
  readonly lists: readonly ListChange[];
}

function edgesOf(version: StoredVersion): Map<string, { field: string; slot: string; child: string }> {
  return new Map(version.edges.map((edge) => [`${edge.field}\u0000${edge.slot}`, edge]));
}

/** Compares the fields and slots of two versions; they need not be of one lineage. */
export function versionChanges(from: StoredVersion, to: StoredVersion): (ValueChange | ReferenceChange)[] {
  const values = Array.from(new Set([...Object.keys(from.payload), ...Object.keys(to.payload)]))
    .filter((field) => !valuesEqual(from.payload[field], to.payload[field]))
    .map((field): ValueChange => ({ kind: "value", field, before: from.payload[field], after: to.payload[field] }));
  const before = edgesOf(from);
  const after = edgesOf(to);
  const references: ReferenceChange[] = [];
  for (const [key, { field, slot }] of new Map([...before, ...after])) {
    const was = before.get(key)?.child ?? null;
    const is = after.get(key)?.child ?? null;
    if (was !== is) references.push({ kind: "reference", field, slot, before: was, after: is });
  }
  const slotOf = (change: ValueChange | ReferenceChange): string => (change.kind === "reference" ? change.slot : "");
  return [...values, ...references].toSorted((a, b) => compareText(a.field, b.field) || compareText(slotOf(a), slotOf(b)));
}
