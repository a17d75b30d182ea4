import { Entity } from "../entity/entity.ts";
import type { EntityState } from "../entity/entity-state.ts";
import { stateOf } from "../entity/stateful.ts";
import { EntityDependencyGraph } from "./entity-dependency-graph.ts";

function* heldBy(state: EntityState): Iterable<Entity> {
  for (const field of state.definition.referenceFields) {
    for (const [, child] of state.childrenOf(field)) if (child.entity instanceof Entity) yield child.entity;
  }
}

/** Collects some entities and all that they reach through references, as they are in memory; links made with `backref` are not followed. */
export function entityGraph(roots: Iterable<Entity>): EntityDependencyGraph<Entity> {
  return EntityDependencyGraph.build(roots, {
    dependencies: (entity) => {
      const state = stateOf(entity);
      return state === undefined ? [] : heldBy(state);
    },
  });
}
