import type { EntityDefinition } from "../definition/entity-definition.ts";
import type { Stateful } from "./stateful.ts";
import { EntityState, type VersionIdentity } from "./entity-state.ts";

/** Given to a constructor in place of fields when an entity is made from a stored version; its fields are filled afterwards. */
export class StoredState {
  readonly #options: ConstructorParameters<typeof EntityState>[2];

  constructor(stored: { lineageId: string; identity: VersionIdentity }, tracked: boolean) {
    this.#options = { tracked, draftedAt: stored.identity.createdAt.getTime(), stored };
  }

  stateFor(definition: EntityDefinition, entity: Stateful): EntityState {
    return new EntityState(definition, entity, this.#options);
  }
}
