import { compareText } from "../storage/compare-text.ts";
import type { FieldDefinition } from "../definition/field-definition.ts";
import { valuesEqual } from "../definition/values-equal.ts";
import { type ListOperation, listOperations, type Placed } from "../lineage/list-operations.ts";
import { valueOperations } from "../lineage/value-operations.ts";
import type { Container, SlotContent } from "./container.ts";
import { type EntityState, isAbsent } from "./entity-state.ts";
import { hold, release } from "./field-assignment.ts";
import { contentOf } from "./unmade-collection.ts";
import { slotKey } from "./map-container.ts";
import { hasModifications, modifiedInOrder } from "./modified-states.ts";

/** What differs in one field. Entities stand in it as the objects they are. */
export type FieldModification =
  | { readonly kind: "value"; readonly field: string; readonly before: unknown; readonly after: unknown }
  | { readonly kind: "list"; readonly field: string; readonly operations: readonly ListOperation<unknown>[] }
  | { readonly kind: "keyed"; readonly field: string; readonly operations: readonly KeyOperation[] }
  | { readonly kind: "set"; readonly field: string; readonly added: readonly unknown[]; readonly removed: readonly unknown[] };

/** One key of a record or map that came, went or holds something else. */
export type KeyOperation =
  | { readonly op: "add"; readonly key: unknown; readonly after: unknown }
  | { readonly op: "remove"; readonly key: unknown; readonly before: unknown }
  | { readonly op: "replace"; readonly key: unknown; readonly before: unknown; readonly after: unknown };

/** An entity that registering would give a new version. */
export interface Modification<E = object> {
  readonly entity: E;
  /** `new`: it has no version yet. `changed`: fields differ. `reached`: only something it refers to has changed. */
  readonly reason: "new" | "changed" | "reached";
  readonly fields: readonly FieldModification[];
}

function asArray(content: unknown): readonly unknown[] {
  return Array.isArray(content) ? content : [];
}

function asEntries(content: unknown): ReadonlyMap<unknown, unknown> {
  if (content instanceof Map) return content;
  return new Map(typeof content === "object" && content !== null ? Object.entries(content) : []);
}

function asSet(content: unknown): ReadonlySet<unknown> {
  return content instanceof Set ? content : new Set();
}

function keyOperations(before: ReadonlyMap<unknown, unknown>, after: ReadonlyMap<unknown, unknown>): KeyOperation[] {
  const operations: KeyOperation[] = [];
  for (const [key, value] of before) {
    if (!after.has(key)) operations.push({ op: "remove", key, before: value });
    else if (!valuesEqual(value, after.get(key))) operations.push({ op: "replace", key, before: value, after: after.get(key) });
  }
  for (const [key, value] of after) if (!before.has(key)) operations.push({ op: "add", key, after: value });
  return operations;
}

function placed(slots: Iterable<SlotContent>): Placed<unknown>[] {
  return Array.from(slots, ([slot, child]) => ({ slot, element: child?.entity }));
}

function asIs(element: unknown): unknown {
  return element;
}

function listModification(container: Container, field: FieldDefinition): FieldModification {
  if (!field.holdsEntities) {
    const operations = valueOperations(asArray(container.contentBefore()), asArray(container.copy()));
    return { kind: "list", field: field.name, operations };
  }
  const before = Array.from(container.slotsBefore()).toSorted(([a], [b]) => compareText(a, b));
  return { kind: "list", field: field.name, operations: listOperations(placed(before), placed(container.slots()), Object.is, asIs) };
}

function containerModification(container: Container, field: FieldDefinition): FieldModification {
  const { name, kind } = field;
  if (kind === "list") return listModification(container, field);
  const entities = (): (readonly [string, object])[] => Array.from(container.slotsBefore(), ([slot, child]) => [slot, child.entity]);
  const after = container.copy();
  if (after instanceof Set) {
    const before = field.holdsEntities ? new Set<unknown>(entities().map(([, entity]) => entity)) : asSet(container.contentBefore());
    return { kind: "set", field: name, added: Array.from(after.difference(before)), removed: Array.from(before.difference(after)) };
  }
  const before = field.holdsEntities
    ? new Map<unknown, unknown>(entities().map(([slot, entity]) => [kind === "map" ? slotKey(slot) : slot, entity]))
    : asEntries(container.contentBefore());
  return { kind: "keyed", field: name, operations: keyOperations(before, asEntries(after)) };
}

function fieldModification(state: EntityState, field: FieldDefinition): FieldModification {
  const before = state.valueBefore(field);
  const after = contentOf(state, field);
  const container = state.containerOf(field);
  if (container !== undefined && !isAbsent(before) && !isAbsent(after)) return containerModification(container, field);
  return { kind: "value", field: field.name, before, after };
}

/** Lists what registering an entity would give new versions, what each refers to before it. */
export function modifications(root: EntityState): Modification[] {
  return modifiedInOrder([root]).modified.map((state) => {
    if (state.planned === null) return { entity: state.entity, reason: "new", fields: [] };
    const fields = state.ownDirty ? state.definition.fields.filter((field) => state.isFieldModified(field)) : [];
    return {
      entity: state.entity,
      reason: fields.length > 0 ? "changed" : "reached",
      fields: fields.map((field) => fieldModification(state, field)),
    };
  });
}

function revertOwn(state: EntityState): void {
  if (!state.ownDirty || state.baseline === null) return;
  for (const field of state.definition.fields) {
    const container = state.containerOf(field);
    if (container !== undefined) {
      container.revert();
    } else if (field.holdsEntities && state.valueOf(field) !== state.valueBefore(field)) {
      release(state, field, state.valueOf(field));
      hold(state, field, state.valueBefore(field));
    }
  }
  const values = state.definition.fields.map((field) => state.valueBefore(field));
  for (const container of state.containers()) {
    const { index } = container.field;
    if (!isAbsent(values[index])) values[index] = container.surface;
  }
  state.rebase(values);
  state.ownDirty = false;
}

/** Takes back every edit since the last versions, in an entity and all it reaches; entities that are new are left alone. */
export function revert(root: EntityState): void {
  for (;;) {
    const { modified, unmodified } = modifiedInOrder([root]);
    const edited = [...modified, ...unmodified].filter((state) => state.planned !== null && state.ownDirty);
    if (edited.length === 0) break;
    // What comes back may have been edited itself, and is found in the next round.
    for (const state of edited) revertOwn(state);
  }
  hasModifications(root);
}
