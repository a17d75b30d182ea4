import type { JsonSchema } from "../contract/tool-definition.ts";

/** The longest chain of references that is followed. */
const longestChain = 20;

/** Whether a value is a schema that is an object. */
export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Follows references within a document to a schema that is none; null where they lead nowhere. */
export function followRef(schema: unknown, root: unknown, depth = 0): JsonSchema | null {
  if (!isSchema(schema) || depth > longestChain) return null;
  return typeof schema.$ref === "string" ? followRef(targetOf(schema.$ref, root), root, depth + 1) : schema;
}

/** What a reference within a document points at; undefined where it points nowhere. Source: https://www.rfc-editor.org/rfc/rfc6901 */
export function targetOf(reference: string, root: unknown): unknown {
  if (!reference.startsWith("#")) return undefined;
  let target: unknown = root;
  for (const step of reference.slice(1).split("/").slice(1)) {
    const name = decoded(step).replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(target)) target = target[Number(name)];
    else target = isSchema(target) && Object.hasOwn(target, name) ? target[name] : undefined;
  }
  return target;
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}
