import { EntityError } from "../errors/entity-error.ts";

function refuseMutation(): never {
  throw new EntityError("frozen", "values inside an entity can't be edited in place: assign a changed copy to the field");
}

class FrozenDate extends Date {}
class FrozenMap<K, V> extends Map<K, V> {}
class FrozenSet<E> extends Set<E> {}

function forbid(prototype: object, builtin: object, mutators: readonly string[]): void {
  for (const name of mutators) Object.defineProperty(prototype, name, { value: refuseMutation });
  Object.defineProperty(prototype, "constructor", { value: builtin });
}

const dateSetters = Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith("set"));
forbid(FrozenDate.prototype, Date, dateSetters);

function fillMap(entries: readonly (readonly [unknown, unknown])[]): ReadonlyMap<unknown, unknown> {
  const map = new FrozenMap<unknown, unknown>();
  for (const [key, value] of entries) Map.prototype.set.call(map, key, value);
  return map;
}

function fillSet(items: readonly unknown[]): ReadonlySet<unknown> {
  const set = new FrozenSet<unknown>();
  for (const item of items) Set.prototype.add.call(set, item);
  return set;
}

forbid(FrozenMap.prototype, Map, ["set", "delete", "clear"]);
forbid(FrozenSet.prototype, Set, ["add", "delete", "clear"]);

/** Tells whether an object is a bare record: made by `{}`, a parser, or without a prototype. */
export function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** The name of an object's class, for messages. */
export function className(value: object): string {
  const made: unknown = Reflect.get(value, "constructor");
  return (typeof made === "function" && made.name) || "a class";
}

/** Sets a key as data, also one that would otherwise reach the prototype. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}

/** Deeper values are refused, and with them those that contain themselves. */
const deepest = 500;

/** Refuses an object where it would have to be found again: as a key, or as a member of a set. Entities are found by identity. */
export function refuseObject(value: unknown, path: string): void {
  if (typeof value !== "object" || value === null) return;
  throw new EntityError(
    "invalid_value",
    `${path}: objects and dates can't be found again once they are stored; use text or a number, or a list`,
  );
}

/**
 * Copies a plain value into one that can't be edited in place, as deep as it goes. `leaf` may claim an object and return
 * what stands for it. Anything that would not come back from a store as it went in is refused with its path.
 */
export function freezeValue(value: unknown, path: string, leaf?: (value: object) => unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null) {
    if (typeof value === "function" || typeof value === "symbol") {
      throw new EntityError("invalid_value", `${path}: a ${typeof value} can't be stored; fields hold plain data`);
    }
    return value;
  }
  const claimed = leaf?.(value);
  if (claimed !== undefined) return claimed;
  if (depth > deepest) {
    throw new EntityError(
      "invalid_value",
      `${path.slice(0, 200)}…: the value contains itself, or is nested more than ${deepest} levels deep`,
    );
  }
  const freeze = (item: unknown, place: string): unknown => freezeValue(item, path + place, leaf, depth + 1);
  if (Array.isArray(value)) return Object.freeze(Array.from(value, (item, index) => freeze(item, `[${index}]`)));
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new EntityError("invalid_value", `${path}: an invalid date can't be stored`);
    return value instanceof FrozenDate ? value : Object.freeze(new FrozenDate(value.getTime()));
  }
  if (value instanceof Map) {
    return fillMap(Array.from(value, ([key, item]) => [freeze(key, " key"), freeze(item, " value")]));
  }
  if (value instanceof Set) return fillSet(Array.from(value, (item) => freeze(item, " item")));
  if (!isPlainObject(value)) {
    throw new EntityError(
      "invalid_value",
      `${path}: an instance of ${className(value)} can't be stored here; use plain data, or ref() for an entity`,
    );
  }
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) setOwn(copy, key, freeze(value[key], `.${key}`));
  return Object.freeze(copy);
}
