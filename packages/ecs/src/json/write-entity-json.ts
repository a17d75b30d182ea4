import { encodeValue } from "../definition/value-codec.ts";
import { nesting } from "../entity/composite.ts";
import type { EntityState } from "../entity/entity-state.ts";
import { stateOf } from "../entity/stateful.ts";
import { contentOf } from "../entity/unmade-collection.ts";
import type { JsonValue } from "../storage/json.ts";

/** Where the entities stand that would be nested too deeply. */
export const moreKey = "$more";

/** Entities that are nested more levels deep than this stand apart, since parsers and printers of JSON have a stack. */
const deepest = 100;

/** Writes an entity, and all that it reaches, as plain JSON data. */
export function writeEntityJson(root: EntityState): Record<string, JsonValue> {
  const writer = new EntityWriter();
  const json = writer.write(root, 0);
  const more = writer.more();
  return more.length === 0 ? json : Object.assign(json, { [moreKey]: more });
}

class EntityWriter {
  readonly #written = new Set<EntityState>();
  readonly #byId = new Map<string, EntityState>();
  readonly #later: EntityState[] = [];

  write(state: EntityState, depth: number): Record<string, JsonValue> {
    this.#written.add(state);
    const json = this.#head(state);
    for (const field of state.definition.fields) {
      const content = contentOf(state, field);
      const levels = field.kind === "composite" ? nesting(content) : 1;
      json[field.name] = encodeValue(content, (value) => {
        const child = stateOf(value);
        return child === undefined ? undefined : this.#child(child, depth + levels);
      });
    }
    return json;
  }

  /** What had to be left out for its depth, each with what it reaches. */
  more(): JsonValue[] {
    const more: JsonValue[] = [];
    for (const state of this.#later) if (!this.#written.has(state)) more.push(this.write(state, 0));
    return more;
  }

  #child(state: EntityState, depth: number): JsonValue {
    if (this.#written.has(state)) return this.#head(state);
    if (depth <= deepest) return this.write(state, depth);
    this.#later.push(state);
    return this.#head(state);
  }

  /** Names an entity. Of two copies of one version the second is told by its `liveId`. */
  #head(state: EntityState): Record<string, JsonValue> {
    const { ecsId } = state;
    const first = this.#byId.get(ecsId) ?? state;
    this.#byId.set(ecsId, first);
    const head: Record<string, JsonValue> = { $type: state.definition.name, ecsId };
    return first === state ? head : { ...head, liveId: state.liveId };
  }
}
