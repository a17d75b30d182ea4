/** Marks the errors of this package, in each of its installed copies. */
export const errorBrand = Symbol.for("@minference/ecs/error");

/** Tells whether a value carries the mark of the given error class. */
export function isBranded(value: unknown, brand: string): boolean {
  return typeof value === "object" && value !== null && errorBrand in value && value[errorBrand] === brand;
}
