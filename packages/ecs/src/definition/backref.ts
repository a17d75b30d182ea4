import * as z from "zod";
import { isStorageId } from "../storage/check-commit.ts";

/** A schema for a link to all versions of an entity; its value is their `lineageId`, a UUID in lower case. */
export type Backref = z.ZodType<string, string>;

function nameOf(target: unknown): string {
  return typeof target === "function" ? target.name : "entity";
}

/**
 * Points at an entity without holding a version of it: neither is stored anew when the other changes, and loading one does not load
 * the other. For a child's link to its parent. Assign the `lineageId` of an entity; `registry.latest` and `registry.asOf`
 * take the field's value. The class is given as a function, since it may be defined later or be the class itself.
 */
export function backref(target: () => unknown): Backref {
  const error = (): string => `Invalid input: expected the lineageId of a ${nameOf(target())}`;
  return z.string({ error }).refine(isStorageId, { error });
}
