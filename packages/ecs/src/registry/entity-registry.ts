import type { AnyEntityClass, Entity } from "../entity/entity.ts";
import type { EntityState } from "../entity/entity-state.ts";
import { stateOf } from "../entity/stateful.ts";
import { EntityError } from "../errors/entity-error.ts";
import { systemTime } from "../identity/default-identity.ts";
import { uuidV7Source } from "../identity/uuid-v7.ts";
import type { Lineage } from "../lineage/lineage.ts";
import { diffVersions, type VersionDiff } from "../lineage/version-diff.ts";
import { LifeCycle } from "../observe/life-cycle.ts";
import type { Logger } from "../observe/logger.ts";
import type { Commit, StaleParentPolicy } from "../storage/commit.ts";
import type { EntityStorage, Page } from "../storage/entity-storage.ts";
import type { VersionHeader } from "../storage/stored-version.ts";
import { CommitPlan } from "./commit-plan.ts";
import { CommitQueue, type FlightOutcome } from "./commit-queue.ts";
import { EntityCatalog } from "./entity-catalog.ts";
import { loadEntities } from "./load-entities.ts";

/** How a registry is set up. */
export interface RegistryOptions {
  /** Classes that stored trees may hold and that no field of a used class leads to, such as members of a family. */
  readonly entities?: readonly AnyEntityClass[];
  /** Told of what is stored, refused and loaded, by ids and counts. Nothing is logged without one. */
  readonly logger?: Logger;
  /** Who makes the commits, unless a call says otherwise. */
  readonly actor?: string;
  /** The time that commits are stamped with. */
  readonly now?: () => Date;
  /** Makes ids: lower-case UUIDs, best of version 7. */
  readonly newId?: () => string;
}

/** How entities are registered. */
export interface RegisterOptions {
  /**
   * What happens when somebody else stored a successor of a given entity's version first: `reject` (the default) throws a
   * {@link ConflictError}, `branch` keeps both. Entities that are only reached branch quietly.
   */
  readonly onConflict?: StaleParentPolicy;
  readonly message?: string;
  readonly actor?: string;
  /** Names the commit, so that it is stored at most once, also by another process. */
  readonly idempotencyKey?: string;
}

/** What registering did. */
export interface Registration {
  /** `committed`; `unchanged` when there was nothing to store; `duplicate` when the idempotency key was stored before. */
  readonly status: "committed" | "unchanged" | "duplicate";
  /** The commit that holds the versions; `null` when nothing had changed. */
  readonly commitId: string | null;
  /** How many versions this call stored. */
  readonly versions: number;
  /** The versions of the given entities that it stored or found unchanged, in their order. */
  readonly ecsIds: readonly string[];
}

/** Which versions of a class to list. */
export interface ClassQuery {
  /** `heads`, the default: the last version of each branch. `all`: every version. */
  readonly versions?: "heads" | "all";
  /** Most versions a page, 100 by default. */
  readonly limit?: number;
  /** The `next` of the page before. */
  readonly after?: string;
}

const defaultPage = 100;

/** Keeps entities in a store and brings them back. Registries are independent: two stores live in one process without meeting. */
export class EntityRegistry {
  readonly storage: EntityStorage;
  readonly #catalog = new EntityCatalog();
  readonly #queue = new CommitQueue();
  readonly #lifeCycle: LifeCycle;
  readonly #actor: string | null;
  readonly #now: () => Date;
  readonly #newId: () => string;

  constructor(storage: EntityStorage, options: RegistryOptions = {}) {
    this.storage = storage;
    this.#lifeCycle = new LifeCycle(options.logger ?? null);
    this.#actor = options.actor ?? null;
    const { now } = options;
    this.#now = now ?? systemTime;
    this.#newId = options.newId ?? uuidV7Source(now === undefined ? Date.now : () => now().getTime());
    for (const entityClass of options.entities ?? []) this.#catalog.add(entityClass);
  }

  /**
   * Stores what changed in the trees of some entities, as it is at the moment of the call, in one commit: a new version of
   * each entity that differs from its last one and of each that reaches it. Registering something unchanged writes nothing.
   * The objects stay the same and take the ids of their new versions once these are stored; when that fails, store and
   * objects are as before, edits included. With an idempotency key that was stored before nothing is stored, and the
   * edits stay in memory: load what the earlier call stored.
   *
   * @throws {ConflictError} when somebody else was first and the policy is `reject`.
   * @throws {EntityError} `other_registry`, `duplicate_entity`
   * @throws {StorageError} when the store fails.
   */
  async register(entities: Entity | readonly Entity[], options: RegisterOptions = {}): Promise<Registration> {
    const roots = this.#states(Array.isArray(entities) ? entities : [entities]);
    return this.#lifeCycle.span("minference.ecs.register", () => this.#register(roots, options));
  }

  async #register(roots: readonly EntityState[], options: RegisterOptions): Promise<Registration> {
    for (;;) {
      const commitId = this.#newId();
      const createdAt = this.#now();
      const plan = CommitPlan.make(roots, {
        onConflict: options.onConflict ?? "reject",
        createdAt,
        newId: this.#newId,
        home: this.storage,
      });
      const ecsIds = roots.map(({ planned }) => planned?.ecsId ?? "");
      if (plan === null) {
        if (await this.#settled(roots)) return { status: "unchanged", commitId: null, versions: 0, ecsIds };
        continue;
      }
      const { versions } = plan;
      const commit: Commit = {
        id: commitId,
        createdAt,
        actor: options.actor ?? this.#actor,
        message: options.message ?? null,
        idempotencyKey: options.idempotencyKey ?? null,
        versions,
      };
      const outcome = await this.#send(plan, commit);
      if (outcome.status === "committed") return { status: "committed", commitId, versions: versions.length, ecsIds };
      if (outcome.status === "duplicate")
        return { status: "duplicate", commitId: outcome.commitId, versions: 0, ecsIds: roots.map(({ ecsId }) => ecsId) };
    }
  }

  /**
   * Loads a version as an object of its own, to read and to edit, with everything it refers to.
   *
   * @throws {EntityError} `not_found`, `wrong_type`, `unknown_type`, `newer_schema`, `invalid_payload`
   */
  async get<C extends AnyEntityClass>(entityClass: C, ecsId: string): Promise<InstanceType<C>> {
    const [entity] = await this.getMany(entityClass, [ecsId]);
    if (entity === undefined) throw notFound(ecsId);
    return entity;
  }

  /** As {@link get}, but gives `undefined` for a version that is not stored. */
  async find<C extends AnyEntityClass>(entityClass: C, ecsId: string): Promise<InstanceType<C> | undefined> {
    const [entity] = await this.#load(entityClass, [ecsId], false);
    return entity;
  }

  /** Loads several versions, in the order of their ids, as one graph: what they share is one object. */
  async getMany<C extends AnyEntityClass>(entityClass: C, ecsIds: readonly string[]): Promise<InstanceType<C>[]> {
    const entities = await this.#load(entityClass, ecsIds, false);
    return entities.map((entity, index) => {
      if (entity === undefined) throw notFound(ecsIds[index] ?? "");
      return entity;
    });
  }

  /** Loads a version that can't be edited: as it was stored, with everything it refers to. Changing it throws `frozen`. */
  async getColdSnapshot<C extends AnyEntityClass>(entityClass: C, ecsId: string): Promise<InstanceType<C>> {
    const [entity] = await this.#load(entityClass, [ecsId], true);
    if (entity === undefined) throw notFound(ecsId);
    return entity;
  }

  /** Tells whether a version is stored. */
  async has(ecsId: string): Promise<boolean> {
    const headers = await this.storage.loadHeaders([ecsId]);
    return headers.length > 0;
  }

  /** Lists versions of a class, and of the known classes that extend it, a page at a time. */
  async list(entityClass: AnyEntityClass, query: ClassQuery = {}): Promise<Page<VersionHeader>> {
    this.#catalog.add(entityClass);
    return this.storage.list({
      types: this.#catalog.namesWithin(entityClass),
      versions: query.versions ?? "heads",
      limit: query.limit ?? defaultPage,
      ...(query.after === undefined ? {} : { after: query.after }),
    });
  }

  /** Loads the versions of a class one after another, a page at a time, so that a large store never has to fit in memory. */
  async *listByType<C extends AnyEntityClass>(entityClass: C, query: ClassQuery = {}): AsyncGenerator<InstanceType<C>, void> {
    let after = query.after;
    do {
      const page = await this.list(entityClass, { ...query, ...(after === undefined ? {} : { after }) });
      yield* await this.getMany(
        entityClass,
        page.items.map((header) => header.ecsId),
      );
      after = page.next ?? undefined;
    } while (after !== undefined);
  }

  /** @throws {EntityError} `not_found` */
  async lineage(lineageId: string): Promise<Lineage> {
    const [versions, heads] = await Promise.all([this.storage.lineage(lineageId), this.storage.heads(lineageId)]);
    if (versions.length === 0) throw new EntityError("not_found", `no lineage ${lineageId} is stored`);
    return { lineageId, versions, heads };
  }

  /**
   * Compares two stored versions, also of different branches.
   *
   * @throws {EntityError} `not_found`
   */
  async diff(fromEcsId: string, toEcsId: string): Promise<VersionDiff> {
    const versions = await this.storage.loadVersions([fromEcsId, toEcsId]);
    const find = (ecsId: string): (typeof versions)[number] => {
      const version = versions.find((candidate) => candidate.ecsId === ecsId);
      if (version === undefined) throw notFound(ecsId);
      return version;
    };
    return diffVersions(find(fromEcsId), find(toEcsId));
  }

  /** Lets go of the store, after commits under way. */
  async close(): Promise<void> {
    await this.storage.close();
  }

  #states(entities: readonly Entity[]): EntityState[] {
    return Array.from(new Set(entities), (entity) => {
      const state = stateOf(entity);
      if (state === undefined) throw new EntityError("invalid_value", "only entities can be registered");
      this.#catalog.add(classOf(entity));
      return state;
    });
  }

  async #send(plan: CommitPlan, commit: Commit): Promise<FlightOutcome> {
    try {
      const outcome = await this.#queue.send(plan, () => this.storage.commit(commit));
      if (outcome.status === "committed") this.#lifeCycle.committed(commit.id, commit.versions);
      return outcome;
    } catch (error) {
      this.#lifeCycle.refused(commit.id, error);
      throw error;
    }
  }

  /** Waits for versions of entities that are on their way; tells whether all of them were stored. */
  async #settled(states: readonly EntityState[]): Promise<boolean> {
    const landed = await Promise.all(states.map((state) => this.#queue.landed(state)));
    return landed.every(Boolean);
  }

  async #load<C extends AnyEntityClass>(
    entityClass: C,
    ecsIds: readonly string[],
    frozen: boolean,
  ): Promise<(InstanceType<C> | undefined)[]> {
    this.#catalog.add(entityClass);
    const versions = await this.#lifeCycle.span("minference.ecs.load", () => this.storage.loadTrees(ecsIds));
    this.#lifeCycle.loaded(ecsIds, versions.length);
    const entities = loadEntities(versions, { catalog: this.#catalog, home: this.storage, frozen });
    return ecsIds.map((ecsId) => {
      const entity = entities.get(ecsId);
      if (entity !== undefined && !isInstance(entity, entityClass)) {
        throw new EntityError(
          "wrong_type",
          `version ${ecsId} is a ${classOf(entity).definition.name}, not a ${entityClass.definition.name}`,
        );
      }
      return entity;
    });
  }
}

function isInstance<C extends AnyEntityClass>(entity: Entity, entityClass: C): entity is InstanceType<C> {
  return entity instanceof entityClass;
}

function classOf(entity: Entity): AnyEntityClass {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an object's constructor is typed as any function
  return entity.constructor as AnyEntityClass;
}

function notFound(ecsId: string): EntityError {
  return new EntityError("not_found", `no version ${ecsId} is stored`);
}
