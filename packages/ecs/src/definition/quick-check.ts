import type * as z from "zod";
import { freezeValue, isPlainObject, setOwn } from "./frozen-value.ts";
import { isOfTarget, refTarget } from "./ref.ts";

/** What a quick check gives where the schema itself has to be asked: for all that does not fit, so that it says why. */
export const notSure = Symbol("not sure");

/** Gives what the field holds for a value, or {@link notSure}. */
export type QuickCheck = (value: unknown) => unknown;

function definitionOf(schema: z.core.$ZodType): z.core.$ZodTypes["_zod"]["def"] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the union of all schemas that zod has, told apart by def.type
  return (schema as z.core.$ZodTypes)._zod.def;
}

function hasRules(definition: z.core.$ZodTypes["_zod"]["def"]): boolean {
  return (definition.checks?.length ?? 0) > 0;
}

/** Tells whether a schema is what `z.json()` makes. */
function isJson(schema: z.core.$ZodType): boolean {
  const lazy = definitionOf(schema);
  if (lazy.type !== "lazy") return false;
  const union = definitionOf(lazy.getter());
  if (union.type !== "union" || union.options.length !== 6 || hasRules(union)) return false;
  const [string, number, boolean, nothing, array, record] = union.options.map(definitionOf);
  const plain = [string, number, boolean, nothing].map((each) => each?.type).join() === "string,number,boolean,null";
  if (!plain || array?.type !== "array" || record?.type !== "record" || union.options.some((each) => hasRules(definitionOf(each))))
    return false;
  return array.element === schema && record.valueType === schema && definitionOf(record.keyType).type === "string";
}

/** Deeper values are left to the schema, which refuses those that contain themselves. */
const deepest = 100;

/** Copies a JSON value into one that can't be edited; {@link notSure} for anything else. */
function frozenJson(value: unknown, depth = 0): unknown {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : notSure;
  if (typeof value !== "object" || depth > deepest) return notSure;
  if (Array.isArray(value)) {
    const copy: unknown[] = [];
    for (const item of value) {
      const frozen = frozenJson(item, depth + 1);
      if (frozen === notSure) return notSure;
      copy.push(frozen);
    }
    return Object.freeze(copy);
  }
  return frozenRecord(value, depth);
}

function frozenRecord(value: object, depth = 0): unknown {
  if (!isPlainObject(value)) return notSure;
  const copy: Record<string, unknown> = {};
  const keys = Object.keys(value);
  if (Reflect.ownKeys(value).length !== keys.length) return notSure;
  for (const key of keys) {
    const frozen = frozenJson(value[key], depth + 1);
    if (frozen === notSure) return notSure;
    setOwn(copy, key, frozen);
  }
  return Object.freeze(copy);
}

type Bound = z.core.$ZodCheckGreaterThanDef | z.core.$ZodCheckLessThanDef;

function isBound(definition: z.core.$ZodCheckDef): definition is Bound {
  return definition.check === "greater_than" || definition.check === "less_than";
}

function isWithin(number: number, { check, inclusive, value }: Bound): boolean {
  const bound = Number(value);
  return (inclusive && number === bound) || (check === "greater_than" ? number > bound : number < bound);
}

/** Numbers without other rules than bounds, and whole ones. */
function ofNumber(definition: z.core.$ZodNumberDef): QuickCheck | null {
  const { checks = [], coerce } = definition;
  const format = "format" in definition ? definition.format : undefined;
  const bounds = checks.map(({ _zod }) => _zod.def).filter(isBound);
  if (coerce === true || bounds.length < checks.length || (format !== undefined && format !== "safeint")) return null;
  const isNumber = format === undefined ? Number.isFinite : Number.isSafeInteger;
  return (value) => (typeof value === "number" && isNumber(value) && bounds.every((bound) => isWithin(value, bound)) ? value : notSure);
}

/** The schemas that one stands in. */
type Within = ReadonlySet<z.core.$ZodType>;

/** Arrays of what is checked quickly itself. */
function ofArray({ element }: z.core.$ZodArrayDef, within: Within): QuickCheck | null {
  const item = checkWithin(element, within);
  if (item === null) return null;
  return (value) => {
    if (!Array.isArray(value)) return notSure;
    const copy = Array.from(value, (each) => item(each));
    return copy.includes(notSure) ? notSure : Object.freeze(copy);
  };
}

/** Objects of known keys; others are left out, as zod leaves them out. */
function ofObject({ catchall, shape }: z.core.$ZodObjectDef, within: Within): QuickCheck | null {
  if (catchall !== undefined) return null;
  const keys: { readonly key: string; readonly isOptional: boolean; readonly check: QuickCheck }[] = [];
  for (const [key, schema] of Object.entries(shape)) {
    const definition = definitionOf(schema);
    const isOptional = definition.type === "optional" && !hasRules(definition);
    const check = checkWithin(isOptional ? definition.innerType : schema, within);
    if (check === null) return null;
    keys.push({ key, isOptional, check });
  }
  return (value) => {
    if (typeof value !== "object" || value === null || !isPlainObject(value)) return notSure;
    const copy: Record<string, unknown> = {};
    for (const { check, isOptional, key } of keys) {
      if (isOptional && !(key in value)) continue;
      const checked = check(value[key]);
      if (checked === notSure) return notSure;
      setOwn(copy, key, checked);
    }
    return Object.freeze(copy);
  };
}

/** Alternatives that a text in one of their fields tells apart, so that no value fits two of them. */
function ofAlternatives(definition: z.core.$ZodUnionDef, within: Within): QuickCheck | null {
  if (!("discriminator" in definition)) return null;
  const checks = definition.options.map((option) => checkWithin(option, within));
  if (!checks.every((check) => check !== null)) return null;
  return (value) => {
    for (const check of checks) {
      const checked = check(value);
      if (checked !== notSure) return checked;
    }
    return notSure;
  };
}

function frozenDate(value: unknown): unknown {
  return value instanceof Date && !Number.isNaN(value.getTime()) ? freezeValue(value, "") : notSure;
}

/** References; where there is no class yet, the schema says so. */
function ofTarget(target: () => unknown): QuickCheck {
  return (value) => {
    try {
      return isOfTarget(value, target) ? value : notSure;
    } catch {
      return notSure;
    }
  };
}

function ofCore(schema: z.core.$ZodType, within: Within): QuickCheck | null {
  const definition = definitionOf(schema);
  if (definition.type === "date") return definition.coerce === true ? null : frozenDate;
  const target = refTarget(schema);
  if (target !== undefined) return ofTarget(target);
  if (definition.type === "string" || definition.type === "boolean") {
    const { type } = definition;
    if ("format" in definition || ("coerce" in definition && definition.coerce)) return null;
    return (value) => (typeof value === type ? value : notSure);
  }
  if (definition.type === "enum") {
    const values = new Set<unknown>(Object.values(definition.entries));
    return (value) => (typeof value === "string" && values.has(value) ? value : notSure);
  }
  if (definition.type === "literal") {
    const [only] = definition.values;
    return definition.values.length === 1 && typeof only === "string" ? (value) => (value === only ? value : notSure) : null;
  }
  if (definition.type === "array") return ofArray(definition, within);
  if (definition.type === "object") return ofObject(definition, within);
  if (definition.type === "union") return ofAlternatives(definition, within);
  if (definition.type === "record") {
    const key = definitionOf(definition.keyType);
    if (key.type !== "string" || hasRules(key) || "format" in key || !isJson(definition.valueType)) return null;
    return (value) => (typeof value === "object" && value !== null && !Array.isArray(value) ? frozenRecord(value) : notSure);
  }
  return isJson(schema) ? frozenJson : null;
}

/** A default is given anew each time, and may be an object that others hold too. */
function plain(value: unknown): unknown {
  return value === undefined || (typeof value === "object" && value !== null) ? notSure : value;
}

function checkWithin(schema: z.core.$ZodType, outer: Within): QuickCheck | null {
  // A schema that holds itself is left to zod.
  if (outer.has(schema)) return null;
  const within = new Set(outer).add(schema);
  const definition = definitionOf(schema);
  if (definition.type === "number") return ofNumber(definition);
  if (hasRules(definition)) return null;
  if (definition.type === "default") {
    const inner = checkWithin(definition.innerType, within);
    return inner === null ? null : (value) => (value === undefined ? plain(definition.defaultValue) : inner(value));
  }
  if (definition.type === "readonly") return checkWithin(definition.innerType, within);
  if (definition.type === "nullable") {
    const inner = checkWithin(definition.innerType, within);
    return inner === null ? null : (value) => (value === null ? null : inner(value));
  }
  return ofCore(schema, within);
}

/**
 * Makes a check of the commonest schemas that costs a tenth of asking zod: texts, booleans, dates, enums and literals without further rules,
 * numbers within bounds, references, JSON and records of JSON; lists, objects and alternatives of these; also where null or a plain default
 * stands for what is absent. Null for any other schema.
 */
export function quickCheckOf(schema: z.core.$ZodType): QuickCheck | null {
  return checkWithin(schema, new Set());
}
