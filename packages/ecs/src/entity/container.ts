import type { FieldDefinition } from "../definition/field-definition.ts";
import { checkValue } from "../definition/check-value.ts";
import { freezeValue } from "../definition/frozen-value.ts";
import { valuesEqual } from "../definition/values-equal.ts";
import { EntityError } from "../errors/entity-error.ts";
import { stateOf } from "./stateful.ts";
import type { EntityState } from "./entity-state.ts";
import type { FilledSlots } from "./filled-slots.ts";

/** A slot of a container with the entity in it; `null` when it is empty. */
export type SlotContent = readonly [slot: string, child: EntityState | null];

/** A slot with the entity in it. */
export type FilledSlot = readonly [slot: string, child: EntityState];

const untouched: ReadonlyMap<string, EntityState | null> = new Map();

/**
 * The content of a list, record, map or set field. It remembers what its touched slots (of entities) or it as a whole (of
 * values) held in the last version, so that a change costs what it touches.
 */
export abstract class Container {
  readonly owner: EntityState;
  readonly field: FieldDefinition;
  /** What the entity's field shows. */
  abstract get surface(): object;
  #touched: Map<string, EntityState | null> | null = null;
  #before: { readonly content: unknown } | null = null;

  constructor(owner: EntityState, field: FieldDefinition) {
    this.owner = owner;
    this.field = field;
  }

  /** A copy of what it holds, as a plain array, object, map or set. */
  abstract copy(): unknown;
  /** The filled slots; only asked of containers of entities. */
  abstract slots(): Iterable<FilledSlot>;
  /** Shows its content through a new object; the one so far keeps what it holds, and refuses further edits. */
  abstract renewSurface(): void;
  /** Takes over checked content in place of its own. */
  abstract replace(content: unknown): void;
  /** Takes over what was stored, without calling it an edit. */
  abstract load(content: unknown, filled: FilledSlots): void;
  protected abstract childAt(slot: string): EntityState | null;

  /** Compares contents; where it has no order of its own, without regard to it. */
  protected sameContent(a: unknown, b: unknown): boolean {
    return valuesEqual(a, b);
  }

  clear(): void {
    this.replace(this.emptyContent());
  }

  /** Empties it, unless its rules forbid that. */
  clearChecked(): void {
    this.checkWhole(0, () => this.emptyContent());
    this.clear();
  }

  protected abstract emptyContent(): unknown;

  /** The slots whose content is not that of the last version. */
  changes(): SlotContent[] {
    const changed: SlotContent[] = [];
    for (const [slot, was] of this.#touched ?? []) {
      const child = this.childAt(slot);
      if (child !== was) changed.push([slot, child]);
    }
    return changed;
  }

  isModified(): boolean {
    if (this.#before !== null) return !this.sameContent(this.#before.content, this.copy());
    return this.changes().length > 0;
  }

  /** Makes what it holds now the last version, and returns how to take that back. */
  rebase(): () => void {
    const touched = this.#touched;
    const before = this.#before;
    this.#touched = null;
    this.#before = null;
    return () => {
      if (before !== null) this.#before = before;
      if (touched === null) return;
      for (const [slot, was] of this.#touched ?? []) if (!touched.has(slot)) touched.set(slot, was);
      this.#touched = touched;
    };
  }

  /** The entities of the last version by slot, in no particular order. */
  slotsBefore(): Map<string, EntityState> {
    const slots = new Map<string, EntityState>();
    for (const [slot, child] of this.slots()) slots.set(slot, child);
    for (const [slot, was] of this.touched) {
      if (was === null) slots.delete(slot);
      else slots.set(slot, was);
    }
    return slots;
  }

  /** A copy of the values of the last version; only asked of containers of values. */
  contentBefore(): unknown {
    return this.#before?.content ?? this.copy();
  }

  /** Goes back to what the last version held. */
  revert(): void {
    if (this.#before !== null) {
      const { content } = this.#before;
      this.replace(content);
      this.#before = null;
    }
    if (this.#touched === null) return;
    this.restoreSlots(this.slotsBefore());
    this.#touched = null;
  }

  /** Holds exactly the given entities, in the given slots. */
  abstract restoreSlots(slots: ReadonlyMap<string, EntityState>): void;

  /** The touched slots with what they held in the last version. */
  protected get touched(): ReadonlyMap<string, EntityState | null> {
    return this.#touched ?? untouched;
  }

  /** Has to come before each edit: refuses it on a snapshot, and remembers what there was. */
  protected beginEdit(): void {
    this.owner.beginEdit(this.field);
    if (!this.field.holdsEntities && this.#before === null && this.owner.planned !== null) this.#before = { content: this.copy() };
  }

  protected put(slot: string, child: EntityState): void {
    this.#touch(slot, null);
    this.owner.attach(child, this.field.name, slot);
  }

  protected take(slot: string, child: EntityState): void {
    this.#touch(slot, child);
    this.owner.detach(child, this.field.name, slot);
  }

  #touch(slot: string, was: EntityState | null): void {
    if (this.owner.planned === null) return;
    this.#touched ??= new Map();
    if (!this.#touched.has(slot)) this.#touched.set(slot, was);
  }

  protected checkElement(value: unknown, place: string): unknown {
    const { element, holdsEntities, path, secret } = this.field;
    const at = secret ? path : path + place;
    const checked = element === null ? value : checkValue(element, value, at, this.field);
    return holdsEntities ? checked : freezeValue(checked, at);
  }

  protected checkKey(key: unknown): unknown {
    return this.field.key === null ? key : checkValue(this.field.key, key, `${this.field.path} key`, this.field);
  }

  /** Applies the rules of the container as a whole to what it would become; its content is only asked for where the size does not tell. Records have none. */
  protected checkWhole(size: number, content: () => unknown): void {
    const { checksWhole, sizes } = this.field;
    const isSizeWrong = sizes !== null && (size < sizes.least || size > sizes.most);
    if (checksWhole || isSizeWrong) checkValue(this.field.schema, content(), this.field.path, this.field);
  }

  protected stateIn(value: unknown): EntityState {
    const state = stateOf(value);
    if (state === undefined) throw new EntityError("invalid_value", `${this.field.path}: expected an entity`);
    return state;
  }
}
