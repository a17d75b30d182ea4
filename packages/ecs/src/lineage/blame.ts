import { compareText } from "../storage/compare-text.ts";
import { valuesEqual } from "../definition/values-equal.ts";
import type { JsonValue } from "../storage/json.ts";
import type { StoredChange, VersionHeader } from "../storage/stored-version.ts";

/** A filled slot, and the version that put there what it holds. */
export interface SlotBlame {
  /** Empty for a single reference, the key in a record or map, an order key in a list or set. */
  readonly slot: string;
  /** The `ecsId` of the version that it holds. */
  readonly child: string;
  readonly setBy: VersionHeader;
}

/** A field, and the version that changed it last. */
export interface FieldBlame {
  readonly field: string;
  readonly setBy: VersionHeader;
  /** What it refers to, ordered by slot: a list in its own order. Empty for a field of plain data. */
  readonly slots: readonly SlotBlame[];
}

/** Which versions set what a version holds, field by field in the order of their names. */
export interface Blame {
  readonly version: VersionHeader;
  readonly fields: readonly FieldBlame[];
}

interface SetValue {
  readonly json: JsonValue;
  readonly setBy: VersionHeader;
}

interface SetSlot {
  readonly child: string;
  readonly setBy: VersionHeader;
}

/** What a version holds, and who set it. */
class BlamedContent {
  readonly values = new Map<string, SetValue>();
  readonly slots = new Map<string, Map<string, SetSlot>>();
  readonly setBy = new Map<string, VersionHeader>();

  copy(): BlamedContent {
    const copy = new BlamedContent();
    for (const [field, value] of this.values) copy.values.set(field, value);
    for (const [field, slots] of this.slots) copy.slots.set(field, new Map(slots));
    for (const [field, version] of this.setBy) copy.setBy.set(field, version);
    return copy;
  }

  /** Goes on to the next version. What it has from its second parent keeps who set it there. */
  advance(change: StoredChange, merged: BlamedContent | undefined): void {
    const changed = new Set<string>();
    for (const field of change.payload === null ? [] : new Set([...this.values.keys(), ...Object.keys(change.payload)])) {
      const json = change.payload?.[field];
      if (valuesEqual(this.values.get(field)?.json, json)) continue;
      changed.add(field);
      if (json === undefined) this.values.delete(field);
      else
        this.values.set(field, fromMerged(merged?.values.get(field), (value) => valuesEqual(value.json, json)) ?? { json, setBy: change });
    }
    for (const { field, slot, child } of change.edges) {
      const slots = this.slots.get(field) ?? new Map<string, SetSlot>();
      if ((slots.get(slot)?.child ?? null) === child) continue;
      changed.add(field);
      this.slots.set(field, slots);
      if (child === null) slots.delete(slot);
      else slots.set(slot, fromMerged(merged?.slots.get(field)?.get(slot), (set) => set.child === child) ?? { child, setBy: change });
    }
    for (const field of changed) {
      const before = merged !== undefined && this.#holdsSame(field, merged) ? merged.setBy.get(field) : undefined;
      this.setBy.set(field, before ?? change);
    }
  }

  #holdsSame(field: string, other: BlamedContent): boolean {
    const slots = this.slots.get(field) ?? new Map<string, SetSlot>();
    const others = other.slots.get(field) ?? new Map<string, SetSlot>();
    return (
      valuesEqual(this.values.get(field)?.json, other.values.get(field)?.json) &&
      slots.size === others.size &&
      slots.entries().every(([slot, { child }]) => others.get(slot)?.child === child)
    );
  }

  fields(): FieldBlame[] {
    return Array.from(this.setBy).flatMap(([field, setBy]) => {
      const slots = Array.from(this.slots.get(field) ?? [], ([slot, set]) => ({ slot, ...set }));
      if (slots.length === 0 && !this.values.has(field)) return [];
      return { field, setBy, slots: slots.toSorted((a, b) => compareText(a.slot, b.slot)) };
    });
  }
}

function fromMerged<T>(candidate: T | undefined, same: (candidate: T) => boolean): T | undefined {
  return candidate !== undefined && same(candidate) ? candidate : undefined;
}

/**
 * Follows a version from its first ancestor on, change by change, keeping in mind who set what. Costs what was changed along
 * the way, and a copy of the fields and slots where a branch began.
 */
export class BlameWalk {
  readonly #contents = new Map<string, BlamedContent>();
  /** How often the content of a version is still asked for. */
  readonly #uses = new Map<string, number>();

  /** @param versions the version in question with all it came from */
  constructor(versions: readonly VersionHeader[]) {
    for (const { parentId, mergeParentId } of versions) {
      for (const id of [parentId, mergeParentId]) if (id !== null) this.#uses.set(id, (this.#uses.get(id) ?? 0) + 1);
    }
  }

  /** Takes the change of the next version; those it came from have to be taken before. */
  take(change: StoredChange): void {
    const merged = this.#use(change.mergeParentId);
    const before = this.#use(change.parentId);
    const content = before?.isFree === false ? before.content.copy() : (before?.content ?? new BlamedContent());
    content.advance(change, merged?.content);
    this.#contents.set(change.ecsId, content);
  }

  /** Tells who set what in a version that was taken last. */
  blame(version: VersionHeader): Blame {
    const fields = this.#contents.get(version.ecsId)?.fields() ?? [];
    return { version, fields: fields.toSorted((a, b) => compareText(a.field, b.field)) };
  }

  #use(ecsId: string | null): { readonly content: BlamedContent; readonly isFree: boolean } | undefined {
    const content = this.#contents.get(ecsId ?? "");
    if (ecsId === null || content === undefined) return undefined;
    const uses = (this.#uses.get(ecsId) ?? 1) - 1;
    this.#uses.set(ecsId, uses);
    if (uses === 0) this.#contents.delete(ecsId);
    return { content, isFree: uses === 0 };
  }
}
