import type { EntityDefinition } from "../definition/entity-definition.ts";
import { EntityState, type StoredIdentity } from "./entity-state.ts";
import type { Stateful, StateSource } from "./stateful.ts";

/** Given to a constructor in place of fields when an entity is made from a stored version; its fields are filled afterwards. */
export class StoredState implements StoredIdentity, StateSource {
  readonly ecsId: string;
  readonly lineageId: string;
  readonly parentId: string | null;
  readonly createdAt: Date;
  readonly #tracked: boolean;

  constructor({ createdAt, ecsId, lineageId, parentId }: StoredIdentity, tracked: boolean) {
    this.ecsId = ecsId;
    this.lineageId = lineageId;
    this.parentId = parentId;
    this.createdAt = createdAt;
    this.#tracked = tracked;
  }

  stateFor(definition: EntityDefinition, entity: Stateful): EntityState {
    return new EntityState(definition, entity, this.#tracked, this);
  }
}
