import { isPlainObject, setOwn } from "../definition/frozen-value.ts";
import { EntityError } from "../errors/entity-error.ts";
import { sameEntries } from "../definition/values-equal.ts";
import { Container, type FilledSlot } from "./container.ts";
import type { EntityState } from "./entity-state.ts";
import { type FilledSlots, filledSlots, pairs } from "./filled-slots.ts";

/** The content of a record field: an object that is edited as any other, through a proxy that tracks it. */
export class RecordContainer extends Container {
  #content: Record<string, unknown> = {};
  #surface: Record<string, unknown> = this.#surfaceOf(this.#content);

  override get surface(): Record<string, unknown> {
    return this.#surface;
  }

  override renewSurface(): void {
    this.#content = this.copy();
    this.#surface = this.#surfaceOf(this.#content);
  }

  #surfaceOf(content: Record<string, unknown>): Record<string, unknown> {
    const checkPlace = (): void => {
      if (content === this.#content) return;
      throw new EntityError("frozen", "this record was replaced by an assignment: edit the one that its field holds now");
    };
    return new Proxy(content, {
      set: (_content, key, value) => {
        checkPlace();
        return this.#set(key, value);
      },
      defineProperty: (_content, key, descriptor) => {
        checkPlace();
        return "value" in descriptor ? this.#set(key, descriptor.value) : false;
      },
      deleteProperty: (_content, key) => {
        checkPlace();
        return this.#delete(key);
      },
      setPrototypeOf: () => false,
      preventExtensions: () => false,
    });
  }

  protected override sameContent(a: unknown, b: unknown): boolean {
    return sameEntries(new Map(Object.entries(Object(a))), new Map(Object.entries(Object(b))));
  }

  override copy(): Record<string, unknown> {
    const copy: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(this.#content)) setOwn(copy, key, value);
    return copy;
  }

  protected override emptyContent(): unknown {
    return {};
  }

  override *slots(): Iterable<FilledSlot> {
    for (const [key, value] of Object.entries(this.#content)) yield [key, this.stateIn(value)];
  }

  protected override childAt(slot: string): EntityState | null {
    return Object.hasOwn(this.#content, slot) ? this.stateIn(this.#content[slot]) : null;
  }

  #set(key: string | symbol, value: unknown): boolean {
    if (typeof key === "symbol") throw new EntityError("invalid_value", `${this.field.path}: keys are text, not symbols`);
    const name = String(this.checkKey(this.#keyAsChecked(key)));
    const checked = this.checkElement(value, `.${name}`);
    this.checkWhole(0, () => ({ ...this.copy(), [name]: checked }));
    if (Object.hasOwn(this.#content, name) && Object.is(this.#content[name], checked)) return true;
    this.beginEdit();
    this.#put(name, checked);
    return true;
  }

  /** Keys of records are text; those of a record with numbers as keys are checked as numbers. */
  #keyAsChecked(key: string): string | number {
    return this.field.numericKeys && key.trim() !== "" && !Number.isNaN(Number(key)) ? Number(key) : key;
  }

  #put(name: string, value: unknown): void {
    if (this.field.holdsEntities) {
      if (Object.hasOwn(this.#content, name)) this.take(name, this.stateIn(this.#content[name]));
      setOwn(this.#content, name, value);
      this.put(name, this.stateIn(value));
    } else {
      setOwn(this.#content, name, value);
    }
  }

  #delete(key: string | symbol): boolean {
    if (typeof key === "symbol" || !Object.hasOwn(this.#content, key)) return true;
    this.checkWhole(0, () => {
      const rest = this.copy();
      delete rest[key];
      return rest;
    });
    this.beginEdit();
    this.#remove(key);
    return true;
  }

  #remove(key: string): void {
    if (this.field.holdsEntities) this.take(key, this.stateIn(this.#content[key]));
    delete this.#content[key];
  }

  override replace(content: unknown): void {
    if (typeof content !== "object" || content === null || !isPlainObject(content)) {
      throw new EntityError("invalid_value", `${this.field.path}: expected an object`);
    }
    this.beginEdit();
    for (const key of Object.keys(this.#content)) if (!Object.hasOwn(content, key)) this.#remove(key);
    for (const [key, value] of Object.entries(content)) {
      if (!Object.hasOwn(this.#content, key) || !Object.is(this.#content[key], value)) this.#put(key, value);
    }
  }

  override restoreSlots(slots: ReadonlyMap<string, EntityState>): void {
    for (const key of Object.keys(this.#content)) this.#remove(key);
    this.load({}, filledSlots(slots));
  }

  override load(content: unknown, filled: FilledSlots): void {
    if (!this.field.holdsEntities) {
      if (typeof content === "object" && content !== null)
        for (const [key, value] of Object.entries(content)) setOwn(this.#content, key, value);
      return;
    }
    for (const [key, child] of pairs(filled)) {
      setOwn(this.#content, key, child.entity);
      this.owner.attach(child, this.field.name, key);
    }
  }
}
