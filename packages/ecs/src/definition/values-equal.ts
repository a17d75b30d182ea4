import { isPlainObject } from "./frozen-value.ts";

/** Compares entries by key, in whatever order they stand. */
export function sameEntries(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  return a.size === b.size && a.entries().every(([key, value]) => b.has(key) && valuesEqual(value, b.get(key)));
}

/** Compares plain values by content; objects that are not plain data by identity. */
export function valuesEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, index) => valuesEqual(item, b[index]));
  if (a instanceof Date) return b instanceof Date && a.getTime() === b.getTime();
  if (a instanceof Map) {
    if (!(b instanceof Map) || a.size !== b.size) return false;
    const entries = b.entries();
    return a.entries().every(([key, value]) => {
      const other: readonly unknown[] = entries.next().value ?? [];
      return valuesEqual(key, other[0]) && valuesEqual(value, other[1]);
    });
  }
  if (a instanceof Set) {
    if (!(b instanceof Set) || a.size !== b.size) return false;
    const items = b.values();
    return a.values().every((item) => valuesEqual(item, items.next().value));
  }
  if (!isPlainObject(a) || !isPlainObject(b)) return false;
  const keys = Object.keys(a);
  const others = Object.keys(b);
  return keys.length === others.length && keys.every((key, index) => key === others[index] && valuesEqual(a[key], b[key]));
}
