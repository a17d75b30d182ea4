import type { AnyEntityClass, Entity } from "../entity/entity.ts";
import type { EntityState } from "../entity/entity-state.ts";
import { hasModifications } from "../entity/modified-states.ts";
import { EntityError } from "../errors/entity-error.ts";
import type { Blame } from "../lineage/blame.ts";
import { lastDescendant } from "../lineage/last-descendant.ts";
import type { Lineage } from "../lineage/lineage.ts";
import type { VersionDiff } from "../lineage/version-diff.ts";
import type { ResolveConflict } from "../merge/merge-conflict.ts";
import { LifeCycle } from "../observe/life-cycle.ts";
import type { EntityStorage, ListQuery, Page } from "../storage/entity-storage.ts";
import type { VersionHeader } from "../storage/stored-version.ts";
import { adoptVersion } from "./adopt-version.ts";
import { ConflictReader } from "./conflict-reader.ts";
import { EntityCatalog } from "./entity-catalog.ts";
import { EntityLoader, notFound } from "./entity-loader.ts";
import { LineageReader } from "./lineage-reader.ts";
import { MergingRegistrar } from "./merging-registrar.ts";
import { Registrar } from "./registrar.ts";
import type { ClassQuery, RegisterOptions, Registration, RegistryOptions, RegistryStatus } from "./registry-options.ts";
import { classOf, stateOfEntity } from "./state-of-entity.ts";

const defaultPage = 100;
const warm = { frozen: false };
const cold = { frozen: true };

/** Keeps entities in a store and brings them back. Registries are independent: two stores live in one process without meeting. */
export class EntityRegistry {
  readonly storage: EntityStorage;
  readonly #catalog = new EntityCatalog();
  readonly #lifeCycle: LifeCycle;
  readonly #loader: EntityLoader;
  readonly #registrar: Registrar;
  readonly #merging: MergingRegistrar;
  readonly #lineages: LineageReader;

  constructor(storage: EntityStorage, options: RegistryOptions = {}) {
    this.storage = storage;
    this.#lifeCycle = new LifeCycle(options.logger ?? null);
    this.#registrar = new Registrar(storage, new ConflictReader(storage, this.#catalog), this.#lifeCycle, options);
    this.#loader = new EntityLoader(storage, this.#catalog, this.#lifeCycle, this.#registrar.home);
    this.#merging = new MergingRegistrar(this.#loader, this.#registrar);
    this.#lineages = new LineageReader(storage, this.#catalog);
    for (const entityClass of options.entities ?? []) this.#catalog.add(entityClass);
  }

  /**
   * Stores what changed in the trees of some entities, as it is at the moment of the call, in one commit: a new version of
   * each entity that differs from its last one and of each that reaches it. Registering something unchanged writes nothing.
   * The objects stay the same and take the ids of their new versions once these are stored; when that fails, store and
   * objects are as before, edits included. A commit that builds on another under way is made anew, of what is there then, when
   * that one fails. With an idempotency key that was stored before nothing is stored, and the
   * edits stay in memory: load what the earlier call stored.
   *
   * @throws {ConflictError} when somebody else was first and the policy is `reject`.
   * @throws {MergeError} when it is `merge`, both changed the same thing, and `resolve` is not given; both are stored as branches.
   * @throws {EntityError} `other_registry`, `duplicate_entity`
   * @throws {StorageError} when the store fails.
   */
  async register(entities: Entity | readonly Entity[], options: RegisterOptions = {}): Promise<Registration> {
    const roots = this.#known(Array.isArray(entities) ? entities : [entities]);
    const { onConflict, resolve, ...rest } = options;
    const distinct = Array.from(new Set(roots));
    const registration = await this.#lifeCycle.span("minference.ecs.register", () =>
      onConflict === "merge"
        ? this.#merging.register(distinct, rest, resolve)
        : this.#registrar.register(distinct, { ...rest, onConflict: onConflict ?? "reject" }),
    );
    if (registration.ecsIds.length === 0) return registration;
    return { ...registration, ecsIds: roots.map((root) => registration.ecsIds[distinct.indexOf(root)] ?? root.ecsId) };
  }

  /**
   * Merges two stored versions of one lineage, field by field and element by element, over the version they came from last. What
   * only one side changed is taken over; additions of both sides to a list stay, in an order that depends on the versions alone. The
   * result is stored as the successor of `theirs` and names `ours` as its second parent; when there is nothing to add to one of
   * them, that one is returned.
   *
   * @throws {MergeError} with all conflicts, when both changed the same thing and `resolve` is not given.
   * @throws {ConflictError} when `theirs` already has a successor.
   * @throws {EntityError} `not_found`, `invalid_value` when the versions have nothing in common.
   */
  async merge<C extends AnyEntityClass>(
    entityClass: C,
    versions: { readonly ours: string; readonly theirs: string },
    options: { readonly resolve?: ResolveConflict } = {},
  ): Promise<InstanceType<C>> {
    return this.#merging.merge(entityClass, versions, options.resolve);
  }

  /**
   * Makes an object, and all it reaches, show the last version of its branch, which somebody else may have stored. Objects stay the
   * same where the lineage does.
   *
   * @throws {EntityError} `has_modifications` when there are edits that this would lose: register or revert them first.
   */
  async refresh(entity: Entity): Promise<void> {
    const root = stateOfEntity(entity);
    if (root.committed === null) throw new EntityError("not_found", "an entity that was never registered has no stored version to show");
    const { versions } = await this.lineage(root.lineageId);
    const loaded = await this.get(classOf(entity), lastDescendant(versions, root.ecsId));
    if (hasModifications(root)) {
      throw new EntityError(
        "has_modifications",
        `${root.definition.name} ${root.ecsId} has edits that refresh would lose: register or revert them first`,
      );
    }
    adoptVersion(root, stateOfEntity(loaded));
  }

  /**
   * Loads a version as an object of its own, to read and to edit, with everything it refers to.
   *
   * @throws {EntityError} `not_found`, `wrong_type`, `unknown_type`, `newer_schema`, `invalid_payload`
   */
  async get<C extends AnyEntityClass>(entityClass: C, ecsId: string): Promise<InstanceType<C>> {
    return this.#loader.getOne(entityClass, ecsId, warm);
  }

  /** As {@link get}, but gives `undefined` for a version that is not stored. */
  async find<C extends AnyEntityClass>(entityClass: C, ecsId: string): Promise<InstanceType<C> | undefined> {
    const [entity] = await this.#loader.find(entityClass, [ecsId], warm);
    return entity;
  }

  /** Loads several versions, in the order of their ids, as one graph: what they share is one object. */
  async getMany<C extends AnyEntityClass>(entityClass: C, ecsIds: readonly string[]): Promise<InstanceType<C>[]> {
    return this.#loader.get(entityClass, ecsIds, warm);
  }

  /** Loads a version that can't be edited: as it was stored, with everything it refers to. Changing it throws `frozen`. */
  async getColdSnapshot<C extends AnyEntityClass>(entityClass: C, ecsId: string): Promise<InstanceType<C>> {
    return this.#loader.getOne(entityClass, ecsId, cold);
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
      ...pageOf(query),
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

  /**
   * Tells all versions of an entity; {@link lineageTree} arranges them, {@link renderLineage} draws them.
   *
   * @throws {EntityError} `not_found`
   */
  async lineage(lineageId: string): Promise<Lineage> {
    return this.#lineages.lineage(lineageId);
  }

  /**
   * Loads the version of an entity that was stored last, whichever branch it is on. Takes what a {@link backref} field holds.
   *
   * @throws {EntityError} `not_found`, and as {@link get}
   */
  async latest<C extends AnyEntityClass>(entityClass: C, lineageId: string): Promise<InstanceType<C>> {
    return this.get(entityClass, await this.#lineages.latest(lineageId));
  }

  /**
   * Loads an entity as it was at a moment: of the last version that each branch had by then, the one that was stored last. A commit counts
   * by the time it says, in milliseconds, and that moment included. What the version refers to is what it referred to then.
   *
   * @throws {EntityError} `not_found` when there was none yet, and as {@link get}
   * @throws {StorageError} `invalid` for a time that is none
   */
  async asOf<C extends AnyEntityClass>(entityClass: C, lineageId: string, time: Date): Promise<InstanceType<C>> {
    return this.get(entityClass, await this.#lineages.asOf(lineageId, time));
  }

  /**
   * Lists the versions that a version directly refers to, each once, in the order of its slots; {@link referrers} goes the other way.
   *
   * @throws {EntityError} `not_found`
   */
  async children(ecsId: string): Promise<readonly VersionHeader[]> {
    const children = await this.storage.children(ecsId);
    if (children.length === 0 && !(await this.has(ecsId))) throw notFound(ecsId);
    return children;
  }

  /**
   * Lists the versions that came directly from a version, merges included, in the order they were stored.
   *
   * @throws {EntityError} `not_found`
   */
  async successors(ecsId: string): Promise<readonly VersionHeader[]> {
    return this.#lineages.successors(ecsId);
  }

  /** Lists the versions that directly hold any of some versions, of whatever class, a page at a time; of each branch the last one unless told otherwise. */
  async referrers(ecsIds: string | readonly string[], query: ClassQuery = {}): Promise<Page<VersionHeader>> {
    return this.storage.referrers({
      ecsIds: typeof ecsIds === "string" ? [ecsIds] : ecsIds,
      ...pageOf(query),
    });
  }

  /**
   * Tells for each field of a version, and for each element and key that it refers to, which version set it: the last one that
   * changed it. What a merge has from its second parent was set where that parent has it from. Costs what was
   * changed in the versions it came from, read in batches; nothing that these refer to is read.
   *
   * @throws {EntityError} `not_found`
   */
  async blame(ecsId: string): Promise<Blame> {
    return this.#lineages.blame(ecsId);
  }

  /**
   * Compares two stored versions, also of different branches.
   *
   * @throws {EntityError} `not_found`
   */
  async diff(fromEcsId: string, toEcsId: string): Promise<VersionDiff> {
    return this.#lineages.diff(fromEcsId, toEcsId);
  }

  /**
   * Empties the store for good, after everything that was registered so far: afterwards it is as a new one. What is registered meanwhile
   * waits for it. Classes stay known. Entities
   * that were registered or loaded before stay readable; registering them, or anything that holds one, is refused with `cleared`, since
   * the versions they come from are gone. Another process that cleared the store is noticed when an edit is registered: the store then
   * refuses it with `unknown_parent` or `unknown_child`.
   *
   * @throws {StorageError} when the store fails; then nothing is gone, and entities are as before.
   */
  async clear(): Promise<void> {
    await this.#lifeCycle.span("minference.ecs.clear", () => this.#registrar.clear());
    this.#loader.home = this.#registrar.home;
    this.#lifeCycle.cleared();
  }

  /** Tells how large the store is, what is on its way to it, and which classes are known. */
  async status(): Promise<RegistryStatus> {
    const commitsUnderWay = this.#registrar.underWay;
    return { commitsUnderWay, classes: this.#catalog.names().toSorted(), storage: await this.storage.statistics() };
  }

  /** Lets go of the store, after everything that was registered so far. */
  async close(): Promise<void> {
    await this.#registrar.drained();
    await this.storage.close();
  }

  #known(entities: readonly Entity[]): EntityState[] {
    return entities.map((entity) => {
      const state = stateOfEntity(entity);
      this.#catalog.add(classOf(entity));
      return state;
    });
  }
}

function pageOf({ versions, limit, after }: ClassQuery): Omit<ListQuery, "types"> {
  return { versions: versions ?? "heads", limit: limit ?? defaultPage, ...(after === undefined ? {} : { after }) };
}
