/** A value that JSON can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/**
 * The encoded field values of one version, a key a field; references are edges and do not stand here. It is kept as `JSON.stringify` writes
 * it: entities write what JSON has no form for, such as `-0`, `NaN`, dates and bigints, as tagged objects.
 */
export interface Payload {
  readonly [field: string]: JsonValue;
}
