import type { AnyEntityClass, Entity } from "../entity/entity.ts";
import type { EntityState } from "../entity/entity-state.ts";
import { type Stateful, stateOf } from "../entity/stateful.ts";
import { EntityError } from "../errors/entity-error.ts";

/** The state behind an entity. Throws `invalid_value` for anything else. */
export function stateOfEntity(entity: Entity): EntityState {
  const state = stateOf(entity);
  if (state === undefined) throw new EntityError("invalid_value", "only entities can be registered");
  return state;
}

/** The class an entity was made with. */
export function classOf(entity: Stateful): AnyEntityClass {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an object's constructor is typed as any function
  return entity.constructor as AnyEntityClass;
}
