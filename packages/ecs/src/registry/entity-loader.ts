import type { AnyEntityClass, Entity } from "../entity/entity.ts";
import { EntityError } from "../errors/entity-error.ts";
import type { LifeCycle } from "../observe/life-cycle.ts";
import type { EntityStorage } from "../storage/entity-storage.ts";
import type { EntityState } from "../entity/entity-state.ts";
import type { StoredVersion } from "../storage/stored-version.ts";
import type { EntityCatalog } from "./entity-catalog.ts";
import type { Home } from "./home.ts";
import { loadEntities } from "./load-entities.ts";
import { classOf, stateOfEntity } from "./state-of-entity.ts";

/** Reads trees from a store and makes entities of them. */
export class EntityLoader {
  readonly storage: EntityStorage;
  readonly #catalog: EntityCatalog;
  readonly #lifeCycle: LifeCycle;
  /** Whose the entities become. */
  home: Home;

  constructor(storage: EntityStorage, catalog: EntityCatalog, lifeCycle: LifeCycle, home: Home) {
    this.home = home;
    this.storage = storage;
    this.#catalog = catalog;
    this.#lifeCycle = lifeCycle;
  }

  /** Loads versions as one graph; `undefined` stands for those that are not stored. */
  async find<C extends AnyEntityClass>(
    entityClass: C,
    ecsIds: readonly string[],
    { frozen }: { frozen: boolean },
  ): Promise<(InstanceType<C> | undefined)[]> {
    this.#catalog.add(entityClass);
    const { home } = this;
    const versions = await this.#lifeCycle.span("minference.ecs.load", () => this.storage.loadTrees(ecsIds));
    this.#lifeCycle.loaded(ecsIds, versions.length);
    const entityOf = loadEntities(versions, { catalog: this.#catalog, home, frozen });
    return ecsIds.map((ecsId) => {
      const entity = entityOf(ecsId);
      if (entity === undefined || isInstance(entity, entityClass)) return entity;
      throw new EntityError("wrong_type", `version ${ecsId} is a ${classOf(entity).definition.name}, not a ${entityClass.definition.name}`);
    });
  }

  /** Makes an object of a version that was read with all it refers to. */
  make(versions: readonly StoredVersion[], ecsId: string): EntityState {
    const entity = loadEntities(versions, { catalog: this.#catalog, home: this.home, frozen: false })(ecsId);
    if (entity === undefined) throw notFound(ecsId);
    return stateOfEntity(entity);
  }

  /** Makes objects of versions that were read with all they refer to; what of that was redacted is there without its fields. */
  makeWithStandIns(versions: readonly StoredVersion[], ecsIds: readonly string[]): EntityState[] {
    const entityOf = loadEntities(versions, { catalog: this.#catalog, home: this.home, frozen: false, standIns: true });
    return ecsIds.map((ecsId) => {
      const entity = entityOf(ecsId);
      if (entity === undefined) throw notFound(ecsId);
      return stateOfEntity(entity);
    });
  }

  /** Loads versions as one graph, in the order of their ids. Throws `not_found` when one is not stored. */
  async get<C extends AnyEntityClass>(entityClass: C, ecsIds: readonly string[], options: { frozen: boolean }): Promise<InstanceType<C>[]> {
    const found = await this.find(entityClass, ecsIds, options);
    return found.map((entity, index) => {
      if (entity === undefined) throw notFound(ecsIds[index] ?? "");
      return entity;
    });
  }

  /** Loads one version. Throws `not_found` when it is not stored. */
  async getOne<C extends AnyEntityClass>(entityClass: C, ecsId: string, options: { frozen: boolean }): Promise<InstanceType<C>> {
    const [entity] = await this.get(entityClass, [ecsId], options);
    if (entity === undefined) throw notFound(ecsId);
    return entity;
  }
}

/** Says that a version is not there. */
export function notFound(ecsId: string): EntityError {
  return new EntityError("not_found", `no version ${ecsId} is stored`);
}

function isInstance<C extends AnyEntityClass>(entity: Entity, entityClass: C): entity is InstanceType<C> {
  return entity instanceof entityClass;
}
