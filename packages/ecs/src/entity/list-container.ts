import { compareText } from "../storage/compare-text.ts";
import { EntityError } from "../errors/entity-error.ts";
import { Container, type FilledSlot, type SlotContent } from "./container.ts";
import type { EntityState } from "./entity-state.ts";
import { type FilledSlots, filledSlots } from "./filled-slots.ts";
import { lowerBound } from "./lower-bound.ts";
import { orderKeysBetween } from "./order-keys.ts";
import { displacedElements } from "./slot-alignment.ts";
import { TrackedArray } from "./tracked-array.ts";

/** What `splice` does, of any number of elements. That of a class of arrays goes through all that the class might override, for each element. */
function spliceArray(items: unknown[], start: number, deleteCount: number, added: readonly unknown[]): unknown[] {
  const removed: unknown[] = [];
  for (let index = start; index < start + deleteCount; index += 1) removed.push(items[index]);
  const { length } = items;
  const by = added.length - deleteCount;
  for (let more = 0; more < by; more += 1) Array.prototype.push.call(items, undefined);
  if (by > 0) for (let index = length - 1; index >= start + deleteCount; index -= 1) items[index + by] = items[index];
  if (by < 0) {
    for (let index = start + deleteCount; index < length; index += 1) items[index + by] = items[index];
    items.length = length + by;
  }
  for (const [index, item] of added.entries()) items[start + index] = item;
  return removed;
}

/** The content of an array field. A list of entities keeps a sorted order key for each element. */
export class ListContainer extends Container {
  #items = new TrackedArray(this);
  readonly #slots: string[] = [];
  #surface = TrackedArray.surfaceOf(this.#items);

  override get surface(): unknown[] {
    return this.#surface;
  }

  override renewSurface(): void {
    const items = new TrackedArray(this);
    for (const item of this.#items) Array.prototype.push.call(items, item);
    TrackedArray.disconnect(this.#items);
    this.#items = items;
    this.#surface = TrackedArray.surfaceOf(items);
  }

  get length(): number {
    return this.#items.length;
  }

  override copy(): unknown[] {
    return Array.from(this.#items);
  }

  protected override emptyContent(): unknown {
    return [];
  }

  override *slots(): Iterable<FilledSlot> {
    for (const [index, slot] of this.#slots.entries()) yield [slot, this.stateIn(this.#items[index])];
  }

  protected override childAt(slot: string): EntityState | null {
    const index = lowerBound(this.#slots, slot);
    return this.#slots[index] === slot ? this.stateIn(this.#items[index]) : null;
  }

  /** Removes and inserts elements, checked first: either all of it is done or, when one is invalid, nothing. */
  splice(start: number, deleteCount: number, added: readonly unknown[]): unknown[] {
    const checked = added.map((value, index) => this.checkElement(value, `[${start + index}]`));
    this.checkWhole(this.length - deleteCount + checked.length, () => [
      ...this.#items.slice(0, start),
      ...checked,
      ...this.#items.slice(start + deleteCount),
    ]);
    if (deleteCount === 0 && checked.length === 0) return [];
    this.beginEdit();
    return this.#splice(start, deleteCount, checked);
  }

  #splice(start: number, deleteCount: number, added: readonly unknown[]): unknown[] {
    if (this.field.holdsEntities) {
      for (let index = start; index < start + deleteCount; index++) this.take(this.#slots[index] ?? "", this.stateIn(this.#items[index]));
    }
    const removed = spliceArray(this.#items, start, deleteCount, added);
    if (this.field.holdsEntities) {
      const keys = orderKeysBetween(this.#slots[start - 1] ?? null, this.#slots[start + deleteCount] ?? null, added.length);
      spliceArray(this.#slots, start, deleteCount, keys);
      for (const [index, slot] of keys.entries()) this.put(slot, this.stateIn(added[index]));
    }
    return removed;
  }

  /** Puts a checked value where another stood. */
  set(index: number, value: unknown): void {
    const checked = this.checkElement(value, `[${index}]`);
    this.checkWhole(this.length, () => this.copy().with(index, checked));
    if (Object.is(this.#items[index], checked)) return;
    this.beginEdit();
    this.#set(index, checked);
  }

  #set(index: number, value: unknown): void {
    if (this.field.holdsEntities) {
      const slot = this.#slots[index] ?? "";
      this.take(slot, this.stateIn(this.#items[index]));
      this.#items[index] = value;
      this.put(slot, this.stateIn(value));
    } else {
      this.#items[index] = value;
    }
  }

  /** Puts the same elements, or some of them repeatedly, in another order. */
  permute(ordered: readonly unknown[]): void {
    this.checkWhole(this.length, () => ordered);
    if (ordered.every((item, index) => Object.is(item, this.#items[index]))) return;
    this.beginEdit();
    for (const [index, item] of ordered.entries()) if (!Object.is(item, this.#items[index])) this.#set(index, item);
  }

  override replace(content: unknown): void {
    if (!Array.isArray(content)) throw new EntityError("invalid_value", `${this.field.path}: expected an array`);
    const items: readonly unknown[] = content;
    const shorter = Math.min(items.length, this.length);
    let start = 0;
    while (start < shorter && Object.is(items[start], this.#items[start])) start++;
    let end = 0;
    while (end < shorter - start && Object.is(items[items.length - 1 - end], this.#items[this.length - 1 - end])) end++;
    const deleteCount = this.length - start - end;
    if (deleteCount === 0 && items.length === this.length) return;
    this.beginEdit();
    this.#splice(start, deleteCount, items.slice(start, items.length - end));
  }

  override load(content: unknown, { children, slots }: FilledSlots): void {
    if (!this.field.holdsEntities) {
      if (Array.isArray(content)) for (const item of content) Array.prototype.push.call(this.#items, item);
      return;
    }
    for (let index = 0; index < children.length; index += 1) {
      const child = children[index];
      const slot = slots[index] ?? "";
      if (child === undefined) continue;
      this.#slots.push(slot);
      Array.prototype.push.call(this.#items, child.entity);
      this.owner.attach(child, this.field.name, slot);
    }
  }

  override restoreSlots(slots: ReadonlyMap<string, EntityState>): void {
    this.#splice(0, this.length, []);
    const sorted = Array.from(slots).toSorted(([a], [b]) => compareText(a, b));
    this.load([], filledSlots(sorted));
  }

  override changes(): SlotContent[] {
    const displaced = displacedElements(this.touched, this.#slots, (at) => this.stateIn(this.#items[at]));
    for (const { index } of displaced) this.take(this.#slots[index] ?? "", this.stateIn(this.#items[index]));
    for (const { index, slot } of displaced) {
      this.#slots[index] = slot;
      this.put(slot, this.stateIn(this.#items[index]));
    }
    return super.changes();
  }
}
