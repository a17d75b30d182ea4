import type { JsonValue } from "../storage/json.ts";
import { EntityError } from "../errors/entity-error.ts";
import { freezeValue, setOwn } from "./frozen-value.ts";

/**
 * Writes plain values as JSON and back without loss. What JSON has no form for is an object with the key `$type`; a plain
 * object that has such a key itself is wrapped, so that every value has exactly one form.
 */
const tag = "$type";

/** Writes an object that is not plain data, or returns `undefined` to leave it to the codec. */
export type EncodeObject = (value: object) => JsonValue | undefined;

/** Reads a tagged value that the codec does not know, or returns `undefined`. */
export type DecodeTagged = (tag: string, content: Readonly<Record<string, JsonValue>>) => unknown;

/** Encodes a frozen plain value. Of what is JSON already nothing is copied. */
export function encodeValue(value: unknown, encodeObject?: EncodeObject): JsonValue {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { [tag]: "number", value: Object.is(value, -0) ? "-0" : String(value) };
    case "bigint":
      return { [tag]: "bigint", value: value.toString() };
    case "undefined":
      return { [tag]: "undefined" };
    case "object":
      return value === null ? null : encodeObjectValue(value, encodeObject);
    default:
      throw new EntityError("invalid_value", `a ${typeof value} can't be stored`);
  }
}

function encodeObjectValue(value: object, encodeObject: EncodeObject | undefined): JsonValue {
  const claimed = encodeObject?.(value);
  if (claimed !== undefined) return claimed;
  if (Array.isArray(value)) return encodeList(value, encodeObject);
  if (value instanceof Date) return { [tag]: "date", value: value.toISOString() };
  if (value instanceof Map) {
    return { [tag]: "map", entries: Array.from(value, ([key, item]) => [encodeValue(key, encodeObject), encodeValue(item, encodeObject)]) };
  }
  if (value instanceof Set) return { [tag]: "set", items: Array.from(value, (item) => encodeValue(item, encodeObject)) };
  const json = encodeRecord(value, encodeObject);
  return Object.hasOwn(json, tag) ? { [tag]: "object", value: json } : json;
}

/** Encodes a list; one that is JSON already stands for itself. */
function encodeList(list: readonly unknown[], encodeObject: EncodeObject | undefined): JsonValue {
  const items = list.map((item) => encodeValue(item, encodeObject));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each of its items is its own JSON form
  return items.every((item, index) => item === list[index]) ? (list as readonly JsonValue[]) : items;
}

/** Encodes a plain object; one that is JSON already stands for itself. */
function encodeRecord(value: object, encodeObject: EncodeObject | undefined): { readonly [key: string]: JsonValue } {
  const keys = Object.keys(value);
  const items = keys.map((key) => encodeValue(Reflect.get(value, key), encodeObject));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each of its values is its own JSON form
  if (items.every((item, index) => item === Reflect.get(value, keys[index] ?? ""))) return value as { readonly [key: string]: JsonValue };
  const copy: Record<string, JsonValue> = {};
  for (const [index, key] of keys.entries()) setOwn(copy, key, items[index] ?? null);
  return copy;
}

const readers: Readonly<Record<string, (content: Readonly<Record<string, JsonValue>>, decode: (json: JsonValue) => unknown) => unknown>> = {
  number: ({ value }) => Number(value),
  bigint: ({ value }) => BigInt(text(value)),
  undefined: () => undefined,
  date: ({ value }) => freezeValue(new Date(text(value)), "date"),
  map: ({ entries }, decode) => freezeValue(new Map(pairs(entries).map(([key, item]) => [decode(key), decode(item)])), "map", keepObject),
  set: ({ items }, decode) => freezeValue(new Set(list(items).map(decode)), "set", keepObject),
  object: ({ value }, decode) => decodeFields(isRecord(value) ? value : {}, decode),
};

function keepObject(value: object): unknown {
  return value instanceof Map || value instanceof Set ? undefined : value;
}

function isRecord(json: JsonValue | undefined): json is { readonly [key: string]: JsonValue } {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function text(json: JsonValue | undefined): string {
  return typeof json === "string" ? json : "";
}

function list(json: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(json) ? json : [];
}

function pairs(json: JsonValue | undefined): readonly (readonly [JsonValue, JsonValue])[] {
  return list(json).map((pair) => {
    const [key = null, value = null] = list(pair);
    return [key, value];
  });
}

function decodeFields(json: { readonly [key: string]: JsonValue }, decode: (json: JsonValue) => unknown): unknown {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(json)) setOwn(copy, key, decode(json[key] ?? null));
  return Object.freeze(copy);
}

/** Decodes what {@link encodeValue} wrote, into frozen values. An unknown tag is refused. */
export function decodeValue(json: JsonValue, decodeTagged?: DecodeTagged): unknown {
  const decode = (inner: JsonValue): unknown => decodeValue(inner, decodeTagged);
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return Object.freeze(json.map(decode));
  if (!isRecord(json)) return json;
  if (!Object.hasOwn(json, tag)) return decodeFields(json, decode);
  const name = text(json[tag]);
  const known = decodeTagged?.(name, json);
  if (known !== undefined) return known;
  const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
  if (reader === undefined) throw new EntityError("invalid_payload", `a stored value has the unknown $type ${JSON.stringify(name)}`);
  return reader(json, decode);
}
