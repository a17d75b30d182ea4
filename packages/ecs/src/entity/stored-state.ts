import type { EntityDefinition } from "../definition/entity-definition.ts";
import type { Stateful, StateSource } from "./stateful.ts";
import { EntityState, type StoredIdentity, type VersionIdentity } from "./entity-state.ts";

/** Given to a constructor in place of fields when an entity is made from a stored version; its fields are filled afterwards. */
export class StoredState implements StoredIdentity, StateSource {
  readonly lineageId: string;
  readonly identity: VersionIdentity;
  readonly #tracked: boolean;

  constructor(lineageId: string, identity: VersionIdentity, tracked: boolean) {
    this.lineageId = lineageId;
    this.identity = identity;
    this.#tracked = tracked;
  }

  stateFor(definition: EntityDefinition, entity: Stateful): EntityState {
    return new EntityState(definition, entity, this.#tracked, this.identity.createdAt.getTime(), this);
  }
}
