import { encodeValue, decodeValue } from "../definition/value-codec.ts";
import { refuseObject } from "../definition/frozen-value.ts";
import { sameEntries } from "../definition/values-equal.ts";
import { EntityError } from "../errors/entity-error.ts";
import type { JsonValue } from "../storage/json.ts";
import { Container, type FilledSlot } from "./container.ts";
import type { EntityState } from "./entity-state.ts";
import { type FilledSlots, filledSlots, pairs } from "./filled-slots.ts";

const encodedMark = "$";

/** Text keys are slots as they are; other keys, and text that begins with the mark, are written as JSON behind it. */
function keySlot(key: unknown): string {
  return typeof key === "string" && !key.startsWith(encodedMark) ? key : encodedMark + JSON.stringify(encodeValue(key === 0 ? 0 : key));
}

/** The key that a slot was made of. */
export function slotKey(slot: string): unknown {
  if (!slot.startsWith(encodedMark)) return slot;
  const json: JsonValue = JSON.parse(slot.slice(encodedMark.length));
  return decodeValue(json);
}

class TrackedMap extends Map<unknown, unknown> {
  #container: MapContainer | null;

  constructor(container: MapContainer) {
    super();
    this.#container = container;
  }

  disconnect(): void {
    this.#container = null;
  }

  #inPlace(): MapContainer {
    if (this.#container !== null) return this.#container;
    throw new EntityError("frozen", "this map was replaced by an assignment: edit the one that its field holds now");
  }

  override set(key: unknown, value: unknown): this {
    this.#inPlace().set(key, value);
    return this;
  }

  override delete(key: unknown): boolean {
    return this.#inPlace().delete(key);
  }

  override clear(): void {
    this.#inPlace().clearChecked();
  }
}

// So that it equals any other map of its content, also for those who compare constructors.
Object.defineProperty(TrackedMap.prototype, "constructor", { value: Map });

/** The content of a map field. */
export class MapContainer extends Container {
  #surface = new TrackedMap(this);
  readonly #keys = new Map<string, unknown>();

  override get surface(): Map<unknown, unknown> {
    return this.#surface;
  }

  override renewSurface(): void {
    const renewed = new TrackedMap(this);
    for (const [key, value] of this.#surface) Map.prototype.set.call(renewed, key, value);
    this.#surface.disconnect();
    this.#surface = renewed;
  }

  protected override sameContent(a: unknown, b: unknown): boolean {
    return a instanceof Map && b instanceof Map && sameEntries(a, b);
  }

  override copy(): Map<unknown, unknown> {
    return new Map(this.surface);
  }

  protected override emptyContent(): unknown {
    return new Map();
  }

  override *slots(): Iterable<FilledSlot> {
    for (const [key, value] of this.surface) yield [keySlot(key), this.stateIn(value)];
  }

  protected override childAt(slot: string): EntityState | null {
    return this.#keys.has(slot) ? this.stateIn(this.surface.get(this.#keys.get(slot))) : null;
  }

  set(key: unknown, value: unknown): void {
    const checkedKey = this.checkKey(key);
    refuseObject(checkedKey, `${this.field.path} key`);
    const checked = this.checkElement(value, ` at ${String(key)}`);
    this.checkWhole(this.surface.size + (this.surface.has(checkedKey) ? 0 : 1), () => this.copy().set(checkedKey, checked));
    if (this.surface.has(checkedKey) && Object.is(this.surface.get(checkedKey), checked)) return;
    this.beginEdit();
    this.#put(checkedKey, checked);
  }

  #put(key: unknown, value: unknown): void {
    if (this.field.holdsEntities) {
      const slot = keySlot(key);
      if (this.surface.has(key)) this.take(slot, this.stateIn(this.surface.get(key)));
      Map.prototype.set.call(this.surface, key, value);
      this.#keys.set(slot, key);
      this.put(slot, this.stateIn(value));
    } else {
      Map.prototype.set.call(this.surface, key, value);
    }
  }

  delete(key: unknown): boolean {
    if (!this.surface.has(key)) return false;
    this.checkWhole(
      this.surface.size - 1,
      () =>
        new Map(
          this.copy()
            .entries()
            .filter(([other]) => other !== key),
        ),
    );
    this.beginEdit();
    this.#remove(key);
    return true;
  }

  #remove(key: unknown): void {
    if (this.field.holdsEntities) {
      const slot = keySlot(key);
      this.take(slot, this.stateIn(this.surface.get(key)));
      this.#keys.delete(slot);
    }
    Map.prototype.delete.call(this.surface, key);
  }

  override replace(content: unknown): void {
    if (!(content instanceof Map)) throw new EntityError("invalid_value", `${this.field.path}: expected a Map`);
    this.beginEdit();
    for (const key of Array.from(this.surface.keys())) if (!content.has(key)) this.#remove(key);
    for (const [key, value] of content) {
      if (!this.surface.has(key) || !Object.is(this.surface.get(key), value)) this.#put(key, value);
    }
  }

  override restoreSlots(slots: ReadonlyMap<string, EntityState>): void {
    for (const key of Array.from(this.surface.keys())) this.#remove(key);
    this.load(new Map(), filledSlots(slots));
  }

  override load(content: unknown, filled: FilledSlots): void {
    if (!this.field.holdsEntities) {
      if (content instanceof Map) for (const [key, value] of content) Map.prototype.set.call(this.surface, key, value);
      return;
    }
    for (const [slot, child] of pairs(filled)) {
      const key = slotKey(slot);
      Map.prototype.set.call(this.surface, key, child.entity);
      this.#keys.set(slot, key);
      this.owner.attach(child, this.field.name, slot);
    }
  }
}
