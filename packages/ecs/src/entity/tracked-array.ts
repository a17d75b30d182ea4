import { EntityError } from "../errors/entity-error.ts";
import type { ListContainer } from "./list-container.ts";

const containerKey = Symbol("list container");

function containerOf(array: object): ListContainer {
  const container: unknown = Reflect.get(array, containerKey);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- set once by connect, before anybody else sees the array
  return container as ListContainer;
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

  static connect(array: TrackedArray, container: ListContainer): void {
    Object.defineProperty(array, containerKey, { value: container });
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

  override splice(start: number, deleteCount?: number, ...items: unknown[]): unknown[] {
    const list = containerOf(this);
    const from = clamp(start, list.length, 0);
    const most = list.length - from;
    const count = deleteCount === undefined && items.length === 0 ? most : Math.min(Math.max(Math.trunc(deleteCount ?? 0) || 0, 0), most);
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
    const changed = list.copy().copyWithin(target, start, end);
    for (const [index, item] of changed.entries()) list.set(index, item);
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

function write(array: unknown[], key: string | symbol, value: unknown): true {
  const list = containerOf(array);
  if (key === "length") {
    const length = Number(value);
    if (length > list.length) throw new EntityError("invalid_value", `${list.field.path}: a list can't have holes`);
    list.splice(length, list.length - length, []);
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

/** Sends assignments by index and length through the container. */
export const trackedArrayHandler: ProxyHandler<unknown[]> = {
  set: (array, key, value) => write(array, key, value),
  defineProperty: (array, key, descriptor) => write(array, key, descriptor.value),
  deleteProperty: (array, key) => {
    const list = containerOf(array);
    const index = indexOf(key);
    if (index === undefined || index >= list.length) return true;
    throw new EntityError("invalid_value", `${list.field.path}[${index}]: a list can't have holes; use splice to remove an element`);
  },
  setPrototypeOf: () => false,
  preventExtensions: () => false,
};
