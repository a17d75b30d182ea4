import { Entity } from "../entity/entity.ts";
import { isPlainObject } from "../definition/frozen-value.ts";

/** Finds the entities in a value: itself, or in arrays, maps, sets and plain objects, to any depth; each once. Does not look into entities. */
export function findEntities(value: unknown): Entity[] {
  const found = new Set<Entity>();
  const seen = new Set<object>();
  const open: unknown[] = [value];
  for (let next = open.pop(); open.length > 0 || next !== undefined; next = open.pop()) {
    if (typeof next !== "object" || next === null || seen.has(next)) continue;
    seen.add(next);
    if (next instanceof Entity) found.add(next);
    else if (next instanceof Map) for (const entry of next) open.push(...entry);
    else if (next instanceof Set || Array.isArray(next)) for (const item of next) open.push(item);
    else if (isPlainObject(next)) open.push(...Object.values(next));
  }
  return Array.from(found);
}
