import type * as z from "zod";
import type { JsonValue } from "../storage/json.ts";
import type { Ref } from "./ref.ts";

type Primitive = string | number | bigint | boolean | null | undefined | symbol | Date | Uint8Array;

type Instance<C> = C extends abstract new (...args: never[]) => infer I ? I : never;

/** A plain value that can be read but not edited in place. */
export type Frozen<V> = V extends Primitive
  ? V
  : V extends ReadonlyMap<infer K, infer E>
    ? ReadonlyMap<Frozen<K>, Frozen<E>>
    : V extends ReadonlySet<infer E>
      ? ReadonlySet<Frozen<E>>
      : V extends object
        ? { readonly [K in keyof V]: Frozen<V[K]> }
        : V;

/** A record by keys that are all there or, for `z.partialRecord`, that may be missing. */
type RecordOf<KeySchema, Key extends PropertyKey, E> = KeySchema extends z.core.$partial ? { [K in Key]?: E } : Record<Key, E>;

/** What a schema yields where it stands inside another one: entities where it has references, frozen values elsewhere. */
export type Nested<T> = T extends z.ZodJSONSchema
  ? JsonValue
  : T extends Ref<infer C>
    ? Instance<C>
    : T extends z.ZodNullable<infer I>
      ? Nested<I> | null
      : T extends z.ZodOptional<infer I>
        ? Nested<I> | undefined
        : T extends z.ZodDefault<infer I>
          ? Nested<I>
          : T extends z.ZodReadonly<infer I>
            ? Nested<I>
            : T extends z.ZodArray<infer E>
              ? readonly Nested<E>[]
              : T extends z.ZodTuple<infer Items, null>
                ? { readonly [K in keyof Items]: Nested<Items[K]> }
                : T extends z.ZodRecord<infer K, infer E>
                  ? Readonly<RecordOf<K, z.output<K>, Nested<E>>>
                  : T extends z.ZodMap<infer K, infer E>
                    ? ReadonlyMap<Frozen<z.output<K>>, Nested<E>>
                    : T extends z.ZodSet<infer E>
                      ? ReadonlySet<Nested<E>>
                      : T extends z.ZodUnion<infer Options>
                        ? Nested<Options[number]>
                        : T extends z.ZodObject<infer Shape>
                          ? NestedObject<Shape>
                          : T extends z.ZodType
                            ? Frozen<z.output<T>>
                            : never;

type NestedObject<Shape> = {
  readonly [K in keyof Shape as Shape[K] extends z.ZodOptional ? never : K]: Nested<Shape[K]>;
} & {
  readonly [K in keyof Shape as Shape[K] extends z.ZodOptional ? K : never]?: Nested<Shape[K]>;
};

/** Whether references stand somewhere in a schema. */
type HoldsRefs<T> = T extends z.ZodJSONSchema
  ? false
  : T extends Ref<unknown>
    ? true
    : T extends z.ZodNullable<infer I> | z.ZodOptional<infer I> | z.ZodDefault<infer I> | z.ZodReadonly<infer I>
      ? HoldsRefs<I>
      : T extends z.ZodArray<infer E> | z.ZodSet<infer E>
        ? HoldsRefs<E>
        : T extends z.ZodRecord<infer _K, infer E> | z.ZodMap<infer _K, infer E>
          ? HoldsRefs<E>
          : T extends z.ZodTuple<infer Items>
            ? HoldsRefs<Items[number]>
            : T extends z.ZodUnion<infer Options>
              ? HoldsRefs<Options[number]>
              : T extends z.ZodObject<infer Shape>
                ? HoldsRefs<Shape[keyof Shape]>
                : false;

/** Whether a schema is a reference, or a choice among references. */
type IsRef<T> =
  T extends Ref<unknown> ? true : T extends z.ZodJSONSchema ? false : T extends z.ZodUnion<infer Options> ? IsRef<Options[number]> : false;

/** Whether a collection of such elements can be edited in place: of references or of values, but not of values with references in them. */
type IsTracked<E> = true extends HoldsRefs<E> ? (false extends IsRef<E> ? false : true) : true;

/** What a field of an entity holds: as {@link Nested}, but its own array, record, map or set can be edited in place. */
export type FieldValue<T> =
  T extends z.ZodNullable<infer I>
    ? FieldValue<I> | null
    : T extends z.ZodOptional<infer I>
      ? FieldValue<I> | undefined
      : T extends z.ZodDefault<infer I>
        ? FieldValue<I>
        : T extends z.ZodArray<infer E>
          ? Collection<E, Nested<E>[], Nested<T>>
          : T extends z.ZodRecord<infer K, infer E>
            ? Collection<E, RecordOf<K, z.output<K>, Nested<E>>, Nested<T>>
            : T extends z.ZodMap<infer K, infer E>
              ? Collection<E, Map<Frozen<z.output<K>>, Nested<E>>, Nested<T>>
              : T extends z.ZodSet<infer E>
                ? Collection<E, Set<Nested<E>>, Nested<T>>
                : Nested<T>;

type Collection<E, Editable, ReadOnly> = IsTracked<E> extends true ? Editable : ReadOnly;

/** What a field accepts when an entity is built. */
export type FieldInput<T> = T extends z.ZodJSONSchema
  ? JsonValue
  : T extends z.ZodNullable<infer I>
    ? FieldInput<I> | null
    : T extends z.ZodOptional<infer I>
      ? FieldInput<I> | undefined
      : T extends z.ZodDefault<infer I>
        ? FieldInput<I> | undefined
        : T extends z.ZodReadonly<infer I>
          ? FieldInput<I>
          : T extends Ref<unknown>
            ? Nested<T>
            : T extends z.ZodArray<infer E>
              ? readonly FieldInput<E>[]
              : T extends z.ZodRecord<infer K, infer E>
                ? Readonly<RecordOf<K, z.input<K> & PropertyKey, FieldInput<E>>>
                : T extends z.ZodMap<infer K, infer E>
                  ? ReadonlyMap<z.input<K>, FieldInput<E>>
                  : T extends z.ZodSet<infer E>
                    ? ReadonlySet<FieldInput<E>>
                    : T extends z.ZodUnion<infer Options>
                      ? FieldInput<Options[number]>
                      : T extends z.ZodTuple<infer Items, null>
                        ? { readonly [K in keyof Items]: FieldInput<Items[K]> }
                        : T extends z.ZodObject<infer Shape>
                          ? ObjectInput<Shape>
                          : T extends z.ZodType
                            ? Frozen<z.input<T>>
                            : never;

type ObjectInput<Shape> = {
  readonly [K in keyof Shape as IsOptional<Shape[K]> extends true ? never : K]: FieldInput<Shape[K]>;
} & {
  readonly [K in keyof Shape as IsOptional<Shape[K]> extends true ? K : never]?: FieldInput<Shape[K]> | undefined;
};

type IsOptional<T> = T extends z.ZodOptional
  ? true
  : T extends z.ZodDefault | z.ZodPrefault | z.ZodCatch
    ? true
    : T extends z.ZodNullable<infer I>
      ? IsOptional<I>
      : false;

/** The fields of an entity, as properties. */
export type Fields<S> = { -readonly [K in keyof S]: FieldValue<S[K]> };

/** What the constructor of an entity takes: each field that has no default and is not optional, and any of the others. */
export type Input<S> = {
  readonly [K in keyof S as IsOptional<S[K]> extends true ? never : K]: FieldInput<S[K]>;
} & {
  readonly [K in keyof S as IsOptional<S[K]> extends true ? K : never]?: FieldInput<S[K]> | undefined;
};
