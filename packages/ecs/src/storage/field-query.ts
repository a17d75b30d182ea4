import { StorageError } from "../errors/storage-error.ts";
import type { ListQuery, Page } from "./entity-storage.ts";
import type { JsonValue, Payload } from "./json.ts";

const directions: ReadonlySet<string> = new Set(["ascending", "descending"]);

/** How a field's value is compared. */
export const fieldOperators = ["=", "!=", "<", "<=", ">", ">="] as const;

/**
 * A condition on a field of the payload, as it is encoded there. `=` and `!=` compare whole values; a field that is missing counts as `null`. The others
 * compare numbers with numbers, dates with dates (of the years 0 to 9999) and texts with texts, by code point, and hold for nothing else; texts that JSON
 * writes with a `\u` escape compare with nothing.
 */
export interface FieldFilter {
  readonly field: string;
  readonly operator: (typeof fieldOperators)[number];
  readonly value: JsonValue;
}

/** An order by a field of the payload: what cannot be compared, then numbers, dates, texts; equal ones oldest chain first. `descending` is the reverse of all that. */
export interface FieldOrder {
  readonly field: string;
  readonly direction: "ascending" | "descending";
}

/** What a value is ordered by: its kind (0 for what cannot be compared, 1 numbers, 2 dates, 3 texts), then the number or text. */
export interface FieldKey {
  readonly kind: number;
  readonly number: number;
  readonly text: string;
}

/** Where a listing that is ordered by a field goes on. */
export interface FieldCursor extends FieldKey {
  readonly chain: number;
  readonly seq: number;
}

/** Finds what a value is ordered by. */
export function fieldKey(value: JsonValue | undefined): FieldKey {
  if (typeof value === "number") return { kind: 1, number: value, text: "" };
  if (typeof value === "string") return isPlain(value) ? { kind: 3, number: 0, text: value } : incomparable;
  if (typeof value === "object" && value !== null && "$type" in value && "value" in value) {
    const { $type, value: text } = value;
    if ($type === "date" && typeof text === "string" && isPlain(text)) return { kind: 2, number: 0, text };
  }
  return incomparable;
}

const incomparable: FieldKey = { kind: 0, number: 0, text: "" };

function isPlain(text: string): boolean {
  return !JSON.stringify(text).includes("\\u");
}

/** Orders keys. */
function compareFieldKeys(a: FieldKey, b: FieldKey): number {
  return a.kind - b.kind || a.number - b.number || (a.text === b.text ? 0 : Buffer.compare(Buffer.from(a.text), Buffer.from(b.text)));
}

/** Tells whether a payload fulfils all conditions. */
export function matchesFilters(payload: Payload, filters: readonly FieldFilter[]): boolean {
  return filters.every(({ field, operator, value }) => {
    const found = Object.hasOwn(payload, field) ? payload[field] : null;
    if (operator === "=" || operator === "!=") return (JSON.stringify(found) === JSON.stringify(value)) === (operator === "=");
    const [left, right] = [fieldKey(found), fieldKey(value)];
    if (left.kind !== right.kind) return false;
    const order = compareFieldKeys(left, right);
    return (order === 0 && operator.endsWith("=")) || (operator.startsWith("<") ? order < 0 : order > 0);
  });
}

/**
 * Refuses conditions and orders that make no sense.
 *
 * @throws {StorageError} `invalid`
 */
export function checkFieldQuery({ where = [], orderBy }: Pick<ListQuery, "where" | "orderBy">): void {
  for (const { field } of orderBy === undefined ? where : [...where, orderBy]) {
    if (field === "" || /["\\]/.test(field) || !field.isWellFormed() || Array.from(field).some((character) => character < " ")) {
      throw new StorageError(
        "invalid",
        `${JSON.stringify(field)} is not the name of a field that can be asked for: no quotes, backslashes or controls`,
      );
    }
  }
  if (orderBy !== undefined && !directions.has(orderBy.direction)) {
    throw new StorageError("invalid", `${JSON.stringify(orderBy.direction)} is no direction: give "ascending" or "descending"`);
  }
  for (const { field, operator, value } of where) {
    if (!fieldOperators.includes(operator)) throw new StorageError("invalid", `${JSON.stringify(operator)} compares nothing`);
    if (typeof value === "number" && !Number.isFinite(value))
      throw new StorageError("invalid", `${field} is compared with ${value}, which JSON can't hold`);
    if (operator !== "=" && operator !== "!=" && fieldKey(value).kind === 0) {
      throw new StorageError("invalid", `${field} can only be compared by ${operator} with a number, a date or a text without escapes`);
    }
  }
}

/** Writes where a listing goes on. */
export function fieldCursorText({ kind, number, text, chain, seq }: FieldCursor): string {
  return Buffer.from(JSON.stringify([kind, number, text, chain, seq])).toString("base64url");
}

function isNatural(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/**
 * Reads where a listing goes on.
 *
 * @throws {StorageError} `invalid` for what is none
 */
export function readFieldCursor(cursor: string): FieldCursor {
  try {
    const [kind, number, text, chain, seq]: unknown[] = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (isNatural(kind) && typeof number === "number" && typeof text === "string" && isNatural(chain) && isNatural(seq)) {
      return { kind, number, text, chain, seq };
    }
  } catch {
    // Said below.
  }
  throw new StorageError("invalid", `"${cursor}" is not the next of a page`);
}

/** Takes a page of some versions, ordered by a field, for stores that have them all at hand. */
export function pageByField<Item extends { readonly chain: number; readonly seq: number; readonly payload: Payload }>(
  items: readonly Item[],
  { field, direction }: FieldOrder,
  { limit, after }: Pick<ListQuery, "limit" | "after">,
): Page<Item> {
  const sign = direction === "ascending" ? 1 : -1;
  const start = after === undefined ? null : readFieldCursor(after);
  const keyed = items.map((item) => ({
    item,
    at: { ...fieldKey(Object.hasOwn(item.payload, field) ? item.payload[field] : null), chain: item.chain, seq: item.seq },
  }));
  const compare = (a: FieldCursor, b: FieldCursor): number => sign * (compareFieldKeys(a, b) || a.chain - b.chain || a.seq - b.seq);
  const rest = keyed.filter(({ at }) => start === null || compare(at, start) > 0).toSorted((a, b) => compare(a.at, b.at));
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return { items: page.map(({ item }) => item), next: last === undefined || page.length === rest.length ? null : fieldCursorText(last.at) };
}
