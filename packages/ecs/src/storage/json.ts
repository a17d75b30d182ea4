/** A value that JSON can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** The encoded field values of one version, a key a field; references are edges and do not stand here. */
export interface Payload {
  readonly [field: string]: JsonValue;
}
