import { isPlainObject } from "../definition/frozen-value.ts";

/** An object of JSON data. */
export type JsonContent = Readonly<Record<string, unknown>>;

/** Reads what stands inside a tagged value; `role` tells keys, which are never of an implied class. */
export type ReadInside = (json: unknown, place: string, role: "key" | "value") => unknown;

type Reader = (content: JsonContent, inside: ReadInside) => unknown;

const numbers: ReadonlyMap<unknown, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["-0", -0],
]);

const readers: Readonly<Record<string, Reader>> = {
  number({ value }) {
    const number = numbers.get(value);
    if (number === undefined) throw new Error(`a number that JSON has no form for is one of ${Array.from(numbers.keys()).join(", ")}`);
    return number;
  },
  bigint({ value }) {
    if (typeof value !== "string" || !/^-?\d+$/.test(value)) throw new Error("a bigint is written as text, in decimal digits");
    return BigInt(value);
  },
  undefined: () => undefined,
  date({ value }) {
    const date = new Date(typeof value === "string" && /^([+-]\d\d)?\d{4}-\d\d/.test(value) ? value : Number.NaN);
    if (Number.isNaN(date.getTime())) throw new Error("a date is written as ISO 8601 text");
    return date;
  },
  map({ entries }, inside) {
    if (!Array.isArray(entries)) throw new Error("a map is written as a list of entries");
    return new Map(
      entries.map((entry: unknown, index) => {
        if (!Array.isArray(entry) || entry.length !== 2) throw new Error("an entry of a map is a pair of key and value");
        return [inside(entry[0], `[${index}] key`, "key"), inside(entry[1], `[${index}]`, "value")] as const;
      }),
    );
  },
  set({ items }, inside) {
    if (!Array.isArray(items)) throw new Error("a set is written as a list of items");
    return new Set(items.map((item, index) => inside(item, `[${index}]`, "value")));
  },
  object({ value }, inside) {
    if (typeof value !== "object" || value === null || !isPlainObject(value)) throw new Error("an object is written as its members");
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, inside(member, `.${key}`, "key")]));
  },
};

/** Tells whether a `$type` stands for a value that JSON has no form for. */
export function isValueTag(tag: unknown): tag is string {
  return typeof tag === "string" && Object.hasOwn(readers, tag);
}

/** Reads a tagged value, which may come from anywhere; throws when it is malformed. */
export function readTagged(tag: string, content: JsonContent, inside: ReadInside): unknown {
  return readers[tag]?.(content, inside);
}
