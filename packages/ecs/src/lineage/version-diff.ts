import type { FieldDefinition } from "../definition/field-definition.ts";
import { valuesEqual } from "../definition/values-equal.ts";
import type { JsonValue } from "../storage/json.ts";
import type { StoredVersion, VersionHeader } from "../storage/stored-version.ts";
import { type ListOperation, listOperations, type Placed, placeByContent } from "./list-operations.ts";

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

/** What became of the elements of a list between two versions. */
export interface ListChange {
  readonly field: string;
  /** On the `ecsId`s of the versions that a list of references holds, on the stored forms of plain elements. */
  readonly operations: readonly ListOperation<JsonValue>[];
}

/** What differs between two versions, field by field in the order of their names. */
export interface VersionDiff {
  readonly from: VersionHeader;
  readonly to: VersionHeader;
  readonly changes: readonly (ValueChange | ReferenceChange)[];
  /** The same changes element by element, for the lists of classes that the registry knows. */
  readonly lists: readonly ListChange[];
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function edgesOf(version: StoredVersion): Map<string, { field: string; slot: string; child: string }> {
  return new Map(version.edges.map((edge) => [`${edge.field}\u0000${edge.slot}`, edge]));
}

function listChange(from: StoredVersion, to: StoredVersion, { name, holdsEntities }: FieldDefinition): ListChange | undefined {
  const [before, after] = [from.payload[name], to.payload[name]];
  if (!isList(before) || !isList(after)) return undefined;
  const places = holdsEntities ? placeBySlot(slotsOf(from, name), slotsOf(to, name)) : placeByContent(before, after, valuesEqual);
  if (valuesEqual(elementsOf(places.before), elementsOf(places.after))) return undefined;
  return { field: name, operations: listOperations(places.before, places.after, valuesEqual) };
}

function slotsOf({ edges }: StoredVersion, name: string): Placed<string>[] {
  return edges.flatMap(({ field, slot, child }) => (field === name ? [{ slot, element: child }] : []));
}

/** Keys of elements that left may be given to others: only where neither element is found elsewhere did one take the place of the other. */
function placeBySlot(before: Placed<string>[], after: Placed<string>[]): { before: Placed<string>[]; after: Placed<string>[] } {
  const was = new Map(before.map(({ slot, element }) => [slot, element]));
  const stays = new Set(elementsOf(before)).intersection(new Set(elementsOf(after)));
  const apart = after.map((placed) => {
    const held = was.get(placed.slot);
    return held === undefined || held === placed.element || !(stays.has(held) || stays.has(placed.element))
      ? placed
      : { ...placed, slot: `\u0000${placed.slot}` };
  });
  return { before, after: apart };
}

function elementsOf<E>(list: readonly Placed<E>[]): E[] {
  return list.map(({ element }) => element);
}

function isList(json: JsonValue | undefined): json is readonly JsonValue[] {
  return Array.isArray(json);
}

/** Compares two versions; they need not be of one lineage. `lists` are the fields whose elements are compared. */
export function diffVersions(from: StoredVersion, to: StoredVersion, lists: readonly FieldDefinition[]): VersionDiff {
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
  const changes = [...values, ...references].toSorted((a, b) => compareText(a.field, b.field) || compareText(slotOf(a), slotOf(b)));
  const listChanges = lists.flatMap((field) => listChange(from, to, field) ?? []);
  return { from, to, changes, lists: listChanges.toSorted((a, b) => compareText(a.field, b.field)) };
}
