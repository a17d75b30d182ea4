import type { FieldDefinition } from "../definition/field-definition.ts";
import { valuesEqual } from "../definition/values-equal.ts";
import type { JsonValue } from "../storage/json.ts";
import type { StoredVersion } from "../storage/stored-version.ts";
import { type ListOperation, listOperations, type Placed } from "./list-operations.ts";
import { valueOperations } from "./value-operations.ts";

/** What became of the elements of a list between two versions. */
export interface ListChange {
  readonly field: string;
  /**
   * On the `ecsId`s of the versions that a list of references holds, on the stored forms of plain elements. An entity that has
   * another version is replaced where it stands; one that went elsewhere as well is moved first. A plain element is replaced by what
   * stands in its place instead.
   */
  readonly operations: readonly ListOperation<JsonValue>[];
}

function isList(json: JsonValue | undefined): json is readonly JsonValue[] {
  return Array.isArray(json);
}

function slotsOf({ edges }: StoredVersion, name: string): Placed<string>[] {
  return edges.flatMap(({ field, slot, child }) => (field === name ? [{ slot, element: child }] : []));
}

function elementsOf<E>(list: readonly Placed<E>[]): E[] {
  return list.map(({ element }) => element);
}

function entityOperations(
  before: readonly Placed<string>[],
  after: readonly Placed<string>[],
  lineageOf: (ecsId: string) => string,
): ListOperation<string>[] {
  const was = new Map(before.map(({ slot, element }) => [slot, element]));
  const remaining = new Set(elementsOf(before).map(lineageOf)).intersection(new Set(elementsOf(after).map(lineageOf)));
  // The key of an element that left may be given to another: only where both are found nowhere else did one take the place of the other.
  const tookOver = (held: string, element: string): boolean =>
    lineageOf(held) === lineageOf(element) || !(remaining.has(lineageOf(held)) || remaining.has(lineageOf(element)));
  const placed = after.map(({ slot, element }) => {
    const held = was.get(slot);
    return held === undefined || tookOver(held, element) ? { slot, element } : { slot: `\u0000${slot}`, element };
  });
  return listOperations(before, placed, Object.is, lineageOf);
}

/**
 * Compares lists of two versions element by element.
 *
 * @param lineageOf tells of which lineage the versions are that the lists hold; asked for those that are not in the same slot in both
 */
export function listChanges(
  from: StoredVersion,
  to: StoredVersion,
  lists: readonly FieldDefinition[],
  lineageOf: (ecsId: string) => string,
): ListChange[] {
  return lists.flatMap(({ name, holdsEntities }) => {
    const [listBefore, listAfter] = [from.payload[name], to.payload[name]];
    if (!isList(listBefore) || !isList(listAfter)) return [];
    if (!holdsEntities) {
      const operations = valueOperations(listBefore, listAfter);
      return operations.length === 0 ? [] : [{ field: name, operations }];
    }
    const [before, after] = [slotsOf(from, name), slotsOf(to, name)];
    if (valuesEqual(elementsOf(before), elementsOf(after))) return [];
    return [{ field: name, operations: entityOperations(before, after, lineageOf) }];
  });
}
