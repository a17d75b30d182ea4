import { encodeValue, decodeValue } from "../definition/value-codec.ts";
import { freezeValue } from "../definition/frozen-value.ts";
import { EntityError } from "../errors/entity-error.ts";
import type { JsonValue } from "../storage/json.ts";
import { Container, type SlotContent } from "./container.ts";
import type { EntityState } from "./entity-state.ts";

const encodedMark = "$";

/** Text keys are slots as they are; other keys, and text that begins with the mark, are written as JSON behind it. */
function keySlot(key: unknown): string {
  return typeof key === "string" && !key.startsWith(encodedMark) ? key : encodedMark + JSON.stringify(encodeValue(key));
}

/** The key that a slot was made of. */
export function slotKey(slot: string): unknown {
  if (!slot.startsWith(encodedMark)) return slot;
  const json: JsonValue = JSON.parse(slot.slice(encodedMark.length));
  return decodeValue(json);
}

class TrackedMap extends Map<unknown, unknown> {
  readonly #container: MapContainer;

  constructor(container: MapContainer) {
    super();
    this.#container = container;
  }

  override set(key: unknown, value: unknown): this {
    this.#container.set(key, value);
    return this;
  }

  override delete(key: unknown): boolean {
    return this.#container.delete(key);
  }

  override clear(): void {
    this.#container.clear();
  }
}

// So that it equals any other map of its content, also for those who compare constructors.
Object.defineProperty(TrackedMap.prototype, "constructor", { value: Map });

/** The content of a map field. */
export class MapContainer extends Container {
  override readonly surface: Map<unknown, unknown> = new TrackedMap(this);
  readonly #keys = new Map<string, unknown>();

  override copy(): Map<unknown, unknown> {
    return new Map(this.surface);
  }

  protected override emptyContent(): unknown {
    return new Map();
  }

  override *slots(): Iterable<SlotContent> {
    for (const [key, value] of this.surface) yield [keySlot(key), this.stateIn(value)];
  }

  protected override childAt(slot: string): EntityState | null {
    return this.#keys.has(slot) ? this.stateIn(this.surface.get(this.#keys.get(slot))) : null;
  }

  set(key: unknown, value: unknown): void {
    const checkedKey = freezeValue(this.checkKey(key), `${this.field.path} key`);
    const checked = this.checkElement(value, ` at ${String(key)}`);
    this.checkWhole(() => this.copy().set(checkedKey, checked));
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

  protected override restoreSlots(slots: ReadonlyMap<string, EntityState>): void {
    for (const key of Array.from(this.surface.keys())) this.#remove(key);
    this.load(new Map(), Array.from(slots));
  }

  override load(content: unknown, slots: readonly SlotContent[]): void {
    if (!this.field.holdsEntities) {
      if (content instanceof Map) for (const [key, value] of content) Map.prototype.set.call(this.surface, key, value);
      return;
    }
    for (const [slot, child] of slots) {
      if (child === null) continue;
      const key = slotKey(slot);
      Map.prototype.set.call(this.surface, key, child.entity);
      this.#keys.set(slot, key);
      this.owner.attach(child, this.field.name, slot);
    }
  }
}
