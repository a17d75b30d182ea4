import * as z from "zod";
import { isStorageId } from "../storage/check-commit.ts";
import { MissingTarget, resolveTarget } from "./ref.ts";

/** A schema for a link to all versions of an entity; its value is their `lineageId`, a UUID in lower case. */
export type Backref = z.ZodType<string, string>;

const targetKey = Symbol("backref target");

function isBackrefDefinition(definition: z.core.$ZodTypeDef): definition is z.core.$ZodTypeDef & { readonly [targetKey]: () => unknown } {
  return targetKey in definition;
}

/** Gives the function that a backref schema was made with; `undefined` for any other schema. */
export function backrefTarget(schema: z.core.$ZodType): (() => unknown) | undefined {
  const definition = schema._zod.def;
  return isBackrefDefinition(definition) ? definition[targetKey] : undefined;
}

function nameOf(target: () => unknown): string {
  const expected = resolveTarget(target, "backref");
  if (typeof expected !== "function") throw new MissingTarget("backref() leads to something that is no entity class");
  return expected.name;
}

/**
 * Points at an entity without holding a version of it: neither is stored anew when the other changes, and loading one does not load
 * the other. For a child's link to its parent. Assign the `lineageId` of an entity; `registry.latest` and `registry.asOf`
 * take the field's value. The class is given as a function, since it may be defined later or be the class itself.
 */
export function backref(target: () => unknown): Backref {
  const error = (): string => `Invalid input: expected the lineageId of a ${nameOf(target)}`;
  const isLineageId = (text: string): boolean => {
    nameOf(target);
    return isStorageId(text);
  };
  const schema = z.string({ error }).refine(isLineageId, { error });
  Object.assign(schema._zod.def, { [targetKey]: target });
  return schema;
}
