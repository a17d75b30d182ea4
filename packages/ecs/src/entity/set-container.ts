import { compareText } from "../storage/compare-text.ts";
import { refuseObject } from "../definition/frozen-value.ts";
import { EntityError } from "../errors/entity-error.ts";
import { Container, type FilledSlot } from "./container.ts";
import type { EntityState } from "./entity-state.ts";
import { type FilledSlots, filledSlots, pairs } from "./filled-slots.ts";
import { orderKeysBetween } from "./order-keys.ts";

class TrackedSet extends Set<unknown> {
  #container: SetContainer | null;

  constructor(container: SetContainer) {
    super();
    this.#container = container;
  }

  disconnect(): void {
    this.#container = null;
  }

  #inPlace(): SetContainer {
    if (this.#container !== null) return this.#container;
    throw new EntityError("frozen", "this set was replaced by an assignment: edit the one that its field holds now");
  }

  override add(value: unknown): this {
    this.#inPlace().add(value);
    return this;
  }

  override delete(value: unknown): boolean {
    return this.#inPlace().delete(value);
  }

  override clear(): void {
    this.#inPlace().clearChecked();
  }
}

// So that it equals any other set of its content, also for those who compare constructors.
Object.defineProperty(TrackedSet.prototype, "constructor", { value: Set });

/** The content of a set field. A set of entities keeps an order key for each, so that it comes back in the order it was filled. */
export class SetContainer extends Container {
  #surface = new TrackedSet(this);
  readonly #slotOf = new Map<unknown, string>();
  readonly #inSlot = new Map<string, unknown>();
  #lastSlot: string | null = null;

  override get surface(): Set<unknown> {
    return this.#surface;
  }

  override renewSurface(): void {
    const renewed = new TrackedSet(this);
    for (const value of this.#surface) Set.prototype.add.call(renewed, value);
    this.#surface.disconnect();
    this.#surface = renewed;
  }

  protected override sameContent(a: unknown, b: unknown): boolean {
    return a instanceof Set && b instanceof Set && a.size === b.size && a.isSubsetOf(b);
  }

  override copy(): Set<unknown> {
    return new Set(this.surface);
  }

  protected override emptyContent(): unknown {
    return new Set();
  }

  override *slots(): Iterable<FilledSlot> {
    for (const [value, slot] of this.#slotOf) yield [slot, this.stateIn(value)];
  }

  protected override childAt(slot: string): EntityState | null {
    return this.#inSlot.has(slot) ? this.stateIn(this.#inSlot.get(slot)) : null;
  }

  add(value: unknown): void {
    const checked = this.checkElement(value, "");
    if (!this.field.holdsEntities) refuseObject(checked, this.field.path);
    if (this.surface.has(checked)) return;
    this.checkWhole(this.surface.size + 1, () => this.copy().add(checked));
    this.beginEdit();
    this.#put(checked);
  }

  #put(value: unknown): void {
    Set.prototype.add.call(this.surface, value);
    if (!this.field.holdsEntities) return;
    const child = this.stateIn(value);
    const slot = this.#oldSlotOf(child) ?? orderKeysBetween(this.#lastSlot, null, 1)[0] ?? "";
    this.#remember(value, slot);
    this.put(slot, child);
  }

  /** A member that was taken out since the last version goes back to its slot, as if nothing had happened. */
  #oldSlotOf(child: EntityState): string | undefined {
    for (const [slot, was] of this.touched) if (was === child && !this.#inSlot.has(slot)) return slot;
    return undefined;
  }

  #remember(value: unknown, slot: string): void {
    this.#slotOf.set(value, slot);
    this.#inSlot.set(slot, value);
    if (this.#lastSlot === null || slot > this.#lastSlot) this.#lastSlot = slot;
  }

  delete(value: unknown): boolean {
    if (!this.surface.has(value)) return false;
    this.checkWhole(
      this.surface.size - 1,
      () =>
        new Set(
          this.copy()
            .values()
            .filter((other) => other !== value),
        ),
    );
    this.beginEdit();
    this.#remove(value);
    return true;
  }

  #remove(value: unknown): void {
    Set.prototype.delete.call(this.surface, value);
    const slot = this.#slotOf.get(value);
    if (slot === undefined) return;
    this.#slotOf.delete(value);
    this.#inSlot.delete(slot);
    this.take(slot, this.stateIn(value));
  }

  override replace(content: unknown): void {
    if (!(content instanceof Set)) throw new EntityError("invalid_value", `${this.field.path}: expected a Set`);
    this.beginEdit();
    for (const value of Array.from(this.surface)) if (!content.has(value)) this.#remove(value);
    for (const value of content) if (!this.surface.has(value)) this.#put(value);
  }

  override restoreSlots(slots: ReadonlyMap<string, EntityState>): void {
    for (const value of Array.from(this.surface)) this.#remove(value);
    const sorted = Array.from(slots).toSorted(([a], [b]) => compareText(a, b));
    this.load(new Set(), filledSlots(sorted));
  }

  override load(content: unknown, filled: FilledSlots): void {
    if (!this.field.holdsEntities) {
      if (content instanceof Set) for (const value of content) Set.prototype.add.call(this.surface, value);
      return;
    }
    for (const [slot, child] of pairs(filled)) {
      Set.prototype.add.call(this.surface, child.entity);
      this.#remember(child.entity, slot);
      this.owner.attach(child, this.field.name, slot);
    }
  }
}
