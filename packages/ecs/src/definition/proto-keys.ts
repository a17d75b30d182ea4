import { isPlainObject, setOwn } from "./frozen-value.ts";

const proto = "__proto__";

/** Stands for the key while zod checks a value; of a private plane, so that nobody's key is the same. */
const standIn = "\u{F0000}__proto__";

/** Deeper values are refused elsewhere. */
const deepest = 500;

/** Tells whether plain data has a key `__proto__` anywhere, which zod's records leave out without a word. */
export function hasProtoKey(value: unknown): boolean {
  return typeof value === "object" && value !== null && isLookedInto(value) && holdsProtoKey(value, new Set(), 0);
}

/** Copies plain data with another key in place of `__proto__`, which zod hands on. */
export function hideProtoKeys(value: unknown): unknown {
  return renameKeys(value, proto, standIn, new Map());
}

/** Undoes {@link hideProtoKeys} in what zod made of the copy. */
export function showProtoKeys(value: unknown): unknown {
  return renameKeys(value, standIn, proto, new Map());
}

/** The name of a key for messages, whether it is hidden or not. */
export function shownKey(key: PropertyKey): string {
  return key === standIn ? proto : String(key);
}

/** Most objects in question are entities, which are not looked into. */
function isLookedInto(value: object): boolean {
  return Array.isArray(value) || isPlainObject(value) || value instanceof Map;
}

function holdsProtoKey(value: object, seen: Set<object>, depth: number): boolean {
  if (!isLookedInto(value) || seen.has(value) || depth > deepest) return false;
  seen.add(value);
  const within = (item: unknown): boolean => typeof item === "object" && item !== null && holdsProtoKey(item, seen, depth + 1);
  if (Array.isArray(value)) return value.some(within);
  if (value instanceof Map) return Array.from(value.values()).some(within);
  return Object.hasOwn(value, proto) || Object.values(value).some(within);
}

function renameKeys(value: unknown, from: string, to: string, copies: Map<object, object>): unknown {
  if (typeof value !== "object" || value === null) return value;
  const known = copies.get(value);
  if (known !== undefined) return known;
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    copies.set(value, list);
    for (const item of value) list.push(renameKeys(item, from, to, copies));
    return list;
  }
  if (value instanceof Map) {
    const map = new Map<unknown, unknown>();
    copies.set(value, map);
    for (const [key, item] of value) map.set(key, renameKeys(item, from, to, copies));
    return map;
  }
  if (!isPlainObject(value)) return value;
  const copy: Record<string, unknown> = {};
  copies.set(value, copy);
  for (const key of Object.keys(value)) setOwn(copy, key === from ? to : key, renameKeys(value[key], from, to, copies));
  return copy;
}
