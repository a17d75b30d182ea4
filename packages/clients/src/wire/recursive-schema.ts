import type { JsonSchema } from "../contract/tool-definition.ts";
import { isSchema, targetOf } from "./schema-reference.ts";

/** Throws what `refusal` makes of the place where a schema refers to itself, be it by way of others. */
export function refuseRecursion(root: JsonSchema, path: string, refusal: (place: string) => Error): void {
  const finished = new Set<string>();
  const underway = new Set<string>(["#"]);
  const walk = (schema: unknown, place: string): void => {
    if (Array.isArray(schema)) schema.forEach((each, index) => walk(each, `${place}[${index}]`));
    if (!isSchema(schema)) return;
    const { $ref } = schema;
    if (typeof $ref === "string") {
      if (underway.has($ref)) throw refusal(place);
      if (finished.has($ref)) return;
      underway.add($ref);
      walk(targetOf($ref, root), place);
      underway.delete($ref);
      finished.add($ref);
      return;
    }
    for (const [name, each] of Object.entries(schema)) {
      // Definitions count where they are used; values of an enum are no schemas.
      if (!["$defs", "definitions", "enum", "const"].includes(name)) walk(each, `${place}.${name}`);
    }
  };
  walk(root, path);
}
