import type { FieldDefinition } from "../definition/field-definition.ts";
import type { EntityState } from "./entity-state.ts";

/**
 * Stands for an empty collection that nobody has looked at yet. Most entities have collections that stay empty; what makes
 * them editable is made when one is read for the first time.
 */
export const unmade: unique symbol = Symbol("empty collection");

/** Tells whether a value is an empty array, map, set or object. */
export function isEmptyCollection(value: unknown): boolean {
  if (value instanceof Map || value instanceof Set) return value.size === 0;
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** What a field holds, with a copy of what can be edited in place. */
export function contentOf(state: EntityState, field: FieldDefinition): unknown {
  const value = state.valueOf(field);
  if (value === null || value === undefined) return value;
  if (value !== unmade) return state.containerOf(field)?.copy() ?? value;
  return emptyCollection(field);
}

function emptyCollection({ kind }: FieldDefinition): unknown {
  if (kind === "map") return new Map();
  if (kind === "set") return new Set();
  return kind === "list" ? [] : {};
}
