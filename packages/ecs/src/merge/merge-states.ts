import type { FieldDefinition } from "../definition/field-definition.ts";
import { freezeValue } from "../definition/frozen-value.ts";
import { encodeValue } from "../definition/value-codec.ts";
import { valuesEqual } from "../definition/values-equal.ts";
import { embeddedStates } from "../entity/composite.ts";
import { Entity } from "../entity/entity.ts";
import type { EntityState } from "../entity/entity-state.ts";
import { assignField } from "../entity/field-assignment.ts";
import { stateOf } from "../entity/stateful.ts";
import { contentOf } from "../entity/unmade-collection.ts";
import { EntityError } from "../errors/entity-error.ts";
import { distinctKeys } from "../lineage/common-order.ts";
import type { MergeConflict, ResolveConflict } from "./merge-conflict.ts";
import { mergeOrders } from "./merge-lists.ts";

/** Stands for a key or element that is not there, since one that is may be `undefined`. */
const absent: unique symbol = Symbol("not there");

/** What a map holds under a key, or that it holds nothing there. */
function heldAt<K>(map: ReadonlyMap<K, unknown>, key: K): unknown {
  return map.has(key) ? map.get(key) : absent;
}

/** One thing as it was, and as each side has it. */
interface Versions<T> {
  readonly base: T;
  readonly ours: T;
  readonly theirs: T;
}

function sameThing(a: unknown, b: unknown): boolean {
  return stateOf(a) === undefined && stateOf(b) === undefined ? valuesEqual(a, b) : a === b;
}

function asEntity(state: EntityState): Entity {
  if (state.entity instanceof Entity) return state.entity;
  throw new EntityError("invalid_value", "this is not an entity");
}

/** What makes an element the same one on both sides: its lineage, or its content. */
function elementKind(element: unknown): unknown {
  return stateOf(element)?.lineageId ?? JSON.stringify(encodeValue(element));
}

/**
 * Merges our changes to a tree into theirs, in place: what only we changed is taken over, what both changed is merged as far
 * as it can be, and the rest is a conflict. All three trees have to come from one load, so that shared versions are one object.
 */
export class StateMerge {
  readonly conflicts: MergeConflict[] = [];
  /** For entities that both sides changed: our version, which theirs was merged with. */
  readonly mergedFrom = new Map<EntityState, string>();
  readonly #resolve: ResolveConflict | undefined;
  /** Whether our additions come before theirs, which only depends on the two versions. */
  readonly #oursFirst: boolean;
  readonly #open: Versions<EntityState>[] = [];

  constructor(options: { resolve: ResolveConflict | undefined; oursFirst: boolean }) {
    this.#resolve = options.resolve;
    this.#oursFirst = options.oursFirst;
  }

  run(roots: Versions<EntityState>): this {
    this.#mergeLater(roots);
    for (let next = this.#open.pop(); next !== undefined; next = this.#open.pop()) {
      for (const field of next.theirs.definition.fields) this.#mergeField(field, next);
    }
    return this;
  }

  #mergeLater(versions: Versions<EntityState>): void {
    if (this.mergedFrom.has(versions.theirs)) return;
    this.mergedFrom.set(versions.theirs, versions.ours.ecsId);
    this.#open.push(versions);
  }

  #mergeField(field: FieldDefinition, states: Versions<EntityState>): void {
    const isNothing = (state: EntityState): boolean => (state.valueOf(field) ?? null) === null;
    const values = mapValues(states, (state) => contentOf(state, field));
    const { theirs } = states;
    const structured = ![states.base, states.ours, theirs].some(isNothing);
    let merged: unknown;
    if (structured && field.kind === "list") merged = this.#mergeList(field, theirs, values);
    else if (structured && (field.kind === "record" || field.kind === "map")) merged = this.#mergeKeys(field, theirs, values);
    else if (structured && field.kind === "set")
      merged = new Set(
        asList(
          this.#mergeList(
            field,
            theirs,
            mapValues(values, (set) => Array.from(asSet(set))),
          ),
        ),
      );
    else if (structured && field.kind === "composite") merged = this.#mergeComposite(field, theirs, values);
    else merged = this.#mergeValue(() => field.path, theirs, values);
    if (merged === values.theirs) return;
    try {
      assignField(theirs, field, merged);
    } catch (error) {
      if (!EntityError.is(error) || error.code !== "invalid_value") throw error;
      // What either side put in fits, but not both together.
      assignField(theirs, field, this.#decide({ entity: asEntity(theirs), path: field.path, ...values }));
    }
  }

  /** Merges a field, or a key or element, which may be {@link absent}; `leftOut` is what a decision for `undefined` means. */
  #mergeValue(path: () => string, into: EntityState, values: Versions<unknown>, leftOut?: unknown): unknown {
    const { base, ours, theirs } = values;
    if (sameThing(ours, base) || sameThing(ours, theirs)) return theirs;
    if (sameThing(theirs, base)) return ours;
    const states = mapValues(values, stateOf);
    if (states.base !== undefined && states.ours !== undefined && states.theirs !== undefined) {
      const { lineageId } = states.base;
      if (states.ours.lineageId === lineageId && states.theirs.lineageId === lineageId) {
        this.#mergeLater({ base: states.base, ours: states.ours, theirs: states.theirs });
        return theirs;
      }
    }
    const shown = mapValues(values, (value) => (value === absent ? undefined : value));
    const decided = this.#decide({ entity: asEntity(into), path: path(), ...shown });
    return decided === undefined ? leftOut : decided;
  }

  /** Asks what a conflict comes to; keeps it, and theirs, where nobody is there to ask. */
  #decide(conflict: MergeConflict): unknown {
    if (this.#resolve !== undefined) return this.#resolve(conflict);
    this.conflicts.push(conflict);
    return conflict.theirs;
  }

  #mergeList(field: FieldDefinition, into: EntityState, values: Versions<unknown>): unknown {
    const keyed = mapValues(values, (list) => {
      const elements = asList(list);
      const keys = distinctKeys(elements, elementKind);
      return { keys, at: new Map(keys.map((key, index) => [key, elements[index]])) };
    });
    const { base, ours, theirs } = keyed;
    const order = this.#oursFirst ? mergeOrders(base.keys, ours.keys, theirs.keys) : mergeOrders(base.keys, theirs.keys, ours.keys);
    const placed = new Set(order);
    // An element that one side took out and the other changed is not dropped unseen.
    const disputed = base.keys.filter(
      (key) =>
        !placed.has(key) &&
        (ours.at.has(key)
          ? !sameThing(ours.at.get(key), base.at.get(key))
          : theirs.at.has(key) && !sameThing(theirs.at.get(key), base.at.get(key))),
    );
    const placeOf = (key: string): number => [base, theirs, ours].map(({ keys }) => keys.indexOf(key)).find((index) => index >= 0) ?? 0;
    const merged = [...order, ...disputed].map((key) =>
      this.#mergeValue(
        () => `${field.path}[${placeOf(key)}]`,
        into,
        mapValues(keyed, ({ at }) => heldAt(at, key)),
        absent,
      ),
    );
    const elements = merged.filter((element) => element !== absent);
    const before = asList(values.theirs);
    return elements.length === before.length && elements.every((element, index) => Object.is(element, before[index]))
      ? values.theirs
      : elements;
  }

  /** Merges frozen data with entities inside: at most one side may have changed the data, while both may have changed the entities. */
  #mergeComposite(field: FieldDefinition, into: EntityState, values: Versions<unknown>): unknown {
    const whole = (): unknown => this.#mergeValue(() => field.path, into, values);
    const data = mapValues(values, withLineages);
    const isOurs = !valuesEqual(data.ours, data.base);
    if (isOurs && !valuesEqual(data.theirs, data.base) && !valuesEqual(data.theirs, data.ours)) return whole();
    const entities = mapValues(values, entitiesByKey);
    const [kept, other] = isOurs ? [entities.ours, entities.theirs] : [entities.theirs, entities.ours];
    // An entity that one side took out and the other changed is not dropped unseen.
    if (entities.base.entries().some(([key, entity]) => !kept.has(key) && other.has(key) && other.get(key) !== entity)) return whole();
    const merged = Array.from(kept.keys(), (key, index) =>
      this.#mergeValue(
        () => `${field.path}[${index}]`,
        into,
        mapValues(entities, (held) => heldAt(held, key)),
      ),
    );
    if (!isOurs && kept.values().every((entity, index) => merged[index] === entity)) return values.theirs;
    const next = merged.values();
    return freezeValue(isOurs ? values.ours : values.theirs, field.path, (value) =>
      stateOf(value) === undefined ? undefined : next.next().value,
    );
  }

  #mergeKeys(field: FieldDefinition, into: EntityState, values: Versions<unknown>): unknown {
    const entries = mapValues(values, (content) =>
      content instanceof Map ? content : new Map<unknown, unknown>(Object.entries(Object(content))),
    );
    const merged = new Map<unknown, unknown>();
    let changed = false;
    for (const key of new Set([...entries.theirs.keys(), ...entries.ours.keys(), ...entries.base.keys()])) {
      const value = this.#mergeValue(
        () => `${field.path}[${String(key)}]`,
        into,
        mapValues(entries, (map) => heldAt(map, key)),
        absent,
      );
      if (value !== absent) merged.set(key, value);
      if (value !== heldAt(entries.theirs, key)) changed = true;
    }
    if (!changed) return values.theirs;
    return field.kind === "map" ? merged : Object.fromEntries(merged);
  }
}

/** Frozen data with the lineage of each entity in its place, to compare all but their versions. */
function withLineages(value: unknown): unknown {
  return encodeValue(value, (inner) => {
    const state = stateOf(inner);
    return state === undefined ? undefined : { $type: "entity", lineageId: state.lineageId };
  });
}

/** The entities inside frozen data in their order, each by its lineage and how often that came before. */
function entitiesByKey(value: unknown): ReadonlyMap<string, unknown> {
  const states = Array.from(embeddedStates(value), ([, state]) => state);
  const keys = distinctKeys(states, ({ lineageId }) => lineageId);
  return new Map(keys.map((key, index) => [key, states[index]?.entity]));
}

function mapValues<A, B>(values: Versions<A>, change: (value: A) => B): Versions<B> {
  return { base: change(values.base), ours: change(values.ours), theirs: change(values.theirs) };
}

function asList(content: unknown): readonly unknown[] {
  return Array.isArray(content) ? content : [];
}

function asSet(content: unknown): ReadonlySet<unknown> {
  return content instanceof Set ? content : new Set();
}
