import { encodeValue } from "../definition/value-codec.ts";
import type { AnyEntityClass, Entity } from "../entity/entity.ts";
import { EntityError } from "../errors/entity-error.ts";
import { type FieldFilter, fieldOperators, type FieldOrder } from "../storage/field-query.ts";
import type { ClassQuery } from "./registry-options.ts";

type Ordered = string | number | Date;
type Scalar = Ordered | boolean | bigint;

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- that is how the compiler compares types for identity, readonly included
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Fields can be assigned, which tells them from getters. */
type Assignable<E, K extends keyof E> = Same<{ [Key in K]: E[Key] }, { -readonly [Key in K]: E[Key] }>;

/** The fields of a class that hold text, numbers, booleans, bigints or dates, or may be null instead. */
export type QueryField<E, Value = Scalar> = {
  [K in Exclude<keyof E, keyof Entity> & string]: Assignable<E, K> extends true
    ? [NonNullable<E[K]>] extends [never]
      ? never
      : [NonNullable<E[K]>] extends [Value]
        ? K
        : never
    : never;
}[Exclude<keyof E, keyof Entity> & string];

type Known<V> = Exclude<V, undefined>;

/** What a field has to be: a value, or how it compares with others; all of it has to hold. */
export type FieldCondition<V> =
  | Known<V>
  | ({ readonly "="?: Known<V>; readonly "!="?: Known<V> } & (NonNullable<V> extends Ordered
      ? { readonly [operator in "<" | "<=" | ">" | ">="]?: NonNullable<V> }
      : unknown));

/** Which versions of a class to find, and in which order; see {@link FieldFilter} for what compares with what. */
export interface EntityQuery<E> extends ClassQuery {
  /** What fields have to be. Versions are compared as they were stored: an older schema's fields under their names of then. */
  readonly where?: { readonly [K in QueryField<E>]?: FieldCondition<E[K]> };
  /** The order, by a field that holds text, numbers or dates; where left out, the oldest chain first. `.meta({ indexed: true })` makes it fast where the store has indexes. */
  readonly orderBy?: { readonly field: QueryField<E, Ordered>; readonly direction?: FieldOrder["direction"] };
}

/** What is asked of a store's fields. */
export interface FieldQuery {
  readonly where?: readonly FieldFilter[];
  readonly orderBy?: FieldOrder;
}

/** Writes the conditions of a query as a store takes them, and refuses those that are about no field of the class. */
export function fieldQuery(
  { definition }: AnyEntityClass,
  {
    where,
    orderBy,
  }: { readonly where?: object; readonly orderBy?: { readonly field: string; readonly direction?: FieldOrder["direction"] } },
): FieldQuery {
  const check = (name: string): string => {
    if (definition.fields.some((field) => field.name === name && field.kind === "value")) return name;
    throw new EntityError("invalid_value", `${definition.name}.${name}: only fields of plain values can be asked for`);
  };
  const filters = Object.entries(where ?? {}).flatMap(([name, condition]) =>
    conditionsOn(check(name), condition, `${definition.name}.${name}`),
  );
  return {
    ...(filters.length === 0 ? {} : { where: filters }),
    ...(orderBy === undefined ? {} : { orderBy: { field: check(orderBy.field), direction: orderBy.direction ?? "ascending" } }),
  };
}

function conditionsOn(field: string, condition: unknown, path: string): FieldFilter[] {
  if (condition === undefined) throw new EntityError("invalid_value", `${path}: a condition is undefined: leave it out, or ask for null`);
  if (typeof condition !== "object" || condition === null || condition instanceof Date) {
    return [{ field, operator: "=", value: encodeValue(condition) }];
  }
  return Object.entries(condition).map(([given, value]) => {
    const operator = fieldOperators.find((known) => known === given);
    if (operator === undefined)
      throw new EntityError("invalid_value", `${path}: ${JSON.stringify(given)} compares nothing; use one of ${fieldOperators.join(" ")}`);
    if (value === undefined) throw new EntityError("invalid_value", `${path}: a condition is undefined: leave it out, or ask for null`);
    return { field, operator, value: encodeValue(value) };
  });
}
