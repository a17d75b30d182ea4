import { EntityError } from "../errors/entity-error.ts";
import type { ListContainer } from "./list-container.ts";

const holderKey = Symbol("list");

/** What stands behind an array. */
class Holder {
  readonly array: readonly unknown[];
  /** Which container edits of the array go to; none when another array has taken its place. */
  container: ListContainer | null;
  /** The proxy around the array. */
  surface: readonly unknown[] | null = null;

  constructor(array: readonly unknown[], container: ListContainer) {
    this.array = array;
    this.container = container;
  }
}

function holderOf(array: object): Holder {
  const holder: unknown = Reflect.get(array, holderKey);
  if (holder instanceof Holder) return holder;
  throw new EntityError("frozen", "this array belongs to no entity");
}

/** The container behind an array or the proxy around it. */
function containerOf(array: object): ListContainer {
  const { container } = holderOf(array);
  if (container !== null) return container;
  throw new EntityError("frozen", "this list was replaced by an assignment: edit the one that its field holds now");
}

/** What is read in place of an array: behind our own proxy, through which each element would be looked up apart, the array itself. */
function readable(given: TrackedArray): readonly unknown[] {
  const { array, surface } = holderOf(given);
  return given === surface ? array : given;
}

function clamp(position: number | undefined, length: number, absent: number): number {
  if (position === undefined) return absent;
  const whole = Math.trunc(position) || 0;
  return whole < 0 ? Math.max(length + whole, 0) : Math.min(whole, length);
}

/** The array behind a list field: it reads as any array, and its edits go through the container that tracks them. */
export class TrackedArray extends Array<unknown> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  constructor(container: ListContainer) {
    super();
    Object.defineProperty(this, holderKey, { value: new Holder(this, container) });
  }

  /** Leaves an array with what it holds, and refuses further edits of it. */
  static disconnect(array: TrackedArray): void {
    holderOf(array).container = null;
  }

  /** Makes what reads as an array, and sends its edits through the container. */
  static surfaceOf(array: TrackedArray): unknown[] {
    const surface = new Proxy<unknown[]>(array, trackedArrayHandler);
    holderOf(array).surface = surface;
    return surface;
  }

  override values(): ArrayIterator<unknown> {
    return Array.prototype.values.call(readable(this));
  }

  override [Symbol.iterator](): ArrayIterator<unknown> {
    return this.values();
  }

  override indexOf(...given: [item: unknown, from?: number]): number {
    return Array.prototype.indexOf.apply(readable(this), given);
  }

  override lastIndexOf(...given: [item: unknown, from?: number]): number {
    return Reflect.apply(Array.prototype.lastIndexOf, readable(this), given);
  }

  override includes(...given: [item: unknown, from?: number]): boolean {
    return Array.prototype.includes.apply(readable(this), given);
  }

  override slice(start?: number, end?: number): unknown[] {
    const items = readable(this);
    const to = clamp(end, items.length, items.length);
    const taken: unknown[] = [];
    for (let index = clamp(start, items.length, 0); index < to; index += 1) taken.push(items[index]);
    return taken;
  }

  override push(...items: unknown[]): number {
    const list = containerOf(this);
    list.splice(list.length, 0, items);
    return list.length;
  }

  override pop(): unknown {
    const list = containerOf(this);
    return list.length === 0 ? undefined : list.splice(list.length - 1, 1, [])[0];
  }

  override shift(): unknown {
    const list = containerOf(this);
    return list.length === 0 ? undefined : list.splice(0, 1, [])[0];
  }

  override unshift(...items: unknown[]): number {
    const list = containerOf(this);
    list.splice(0, 0, items);
    return list.length;
  }

  override splice(...given: [start: number, deleteCount?: number, ...items: unknown[]]): unknown[] {
    const list = containerOf(this);
    const [start, deleteCount, ...items] = given;
    const from = clamp(start, list.length, 0);
    const most = given.length === 0 ? 0 : list.length - from;
    const count = given.length < 2 ? most : Math.min(Math.max(Math.trunc(deleteCount ?? 0) || 0, 0), most);
    return list.splice(from, count, items);
  }

  override reverse(): this {
    const list = containerOf(this);
    list.permute(list.copy().toReversed());
    return this;
  }

  override sort(compare?: (a: unknown, b: unknown) => number): this {
    const list = containerOf(this);
    list.permute(list.copy().toSorted(compare));
    return this;
  }

  override fill(value: unknown, start?: number, end?: number): this {
    const list = containerOf(this);
    const from = clamp(start, list.length, 0);
    const to = clamp(end, list.length, list.length);
    if (to > from)
      list.splice(
        from,
        to - from,
        Array.from({ length: to - from }, () => value),
      );
    return this;
  }

  override copyWithin(target: number, start: number, end?: number): this {
    const list = containerOf(this);
    list.permute(list.copy().copyWithin(target, start, end));
    return this;
  }
}

// So that it equals any other array of its content, also for those who compare constructors.
Object.defineProperty(TrackedArray.prototype, "constructor", { value: Array });

function indexOf(key: string | symbol): number | undefined {
  if (typeof key === "symbol") return undefined;
  const index = Number(key);
  return Number.isInteger(index) && index >= 0 && String(index) === key ? index : undefined;
}

function setLength(list: ListContainer, length: number): void {
  if (!Number.isInteger(length) || length < 0) throw new RangeError("Invalid array length");
  if (length > list.length) throw new EntityError("invalid_value", `${list.field.path}: a list can't have holes`);
  list.splice(length, list.length - length, []);
}

function write(array: unknown[], key: string | symbol, value: unknown): true {
  const list = containerOf(array);
  if (key === "length") {
    setLength(list, Number(value));
    return true;
  }
  const index = indexOf(key);
  if (index === undefined) throw new EntityError("invalid_value", `${list.field.path}: a list holds elements only, not ${String(key)}`);
  if (index > list.length)
    throw new EntityError("invalid_value", `${list.field.path}[${index}]: a list of ${list.length} can't have holes`);
  if (index === list.length) list.splice(index, 0, [value]);
  else list.set(index, value);
  return true;
}

/** Sends assignments by index and length through the container. Taking away the last element, as generic array functions do, shortens the list. */
const trackedArrayHandler: ProxyHandler<unknown[]> = {
  set: (array, key, value) => write(array, key, value),
  defineProperty: (array, key, descriptor) => ("value" in descriptor ? write(array, key, descriptor.value) : false),
  deleteProperty: (array, key) => {
    const list = containerOf(array);
    const index = indexOf(key);
    if (index === undefined || index >= list.length) return true;
    if (index !== list.length - 1) {
      throw new EntityError("invalid_value", `${list.field.path}[${index}]: a list can't have holes; use splice to remove an element`);
    }
    list.splice(index, 1, []);
    return true;
  },
  setPrototypeOf: () => false,
  preventExtensions: () => false,
};
