import type { AnyEntityClass, Entity } from "../entity/entity.ts";
import { hasEdits } from "../entity/modified-states.ts";
import { EntityError } from "../errors/entity-error.ts";
import type { ResolveConflict } from "../merge/merge-conflict.ts";
import { LifeCycle } from "../observe/life-cycle.ts";
import type { Damage } from "../storage/damage.ts";
import type { EntityStorage } from "../storage/entity-storage.ts";
import { exportHistory } from "../storage/export-history.ts";
import { importHistory, type ImportReport } from "../storage/import-history.ts";
import type { PruneReport } from "../storage/retention.ts";
import { adoptVersion, reachableStates } from "./adopt-version.ts";
import { detachLineage } from "./detach-lineage.ts";
import { EntityCatalog } from "./entity-catalog.ts";
import { EntityLoader, notFound } from "./entity-loader.ts";
import { latestTree } from "./latest-tree.ts";
import { MergingRegistrar } from "./merging-registrar.ts";
import { ReadingRegistry } from "./reading-registry.ts";
import { Registrar } from "./registrar.ts";
import type {
  RefreshOptions,
  RegisterOptions,
  Registration,
  RegistryOptions,
  RegistryPrunePolicy,
  RegistryStatus,
} from "./registry-options.ts";
import { stateOfEntity } from "./state-of-entity.ts";

const conflictPolicies: ReadonlySet<string> = new Set(["reject", "branch", "merge"]);

/** Keeps entities in a store and brings them back. Registries are independent: two stores live in one process without meeting. */
export class EntityRegistry extends ReadingRegistry {
  readonly #catalog: EntityCatalog;
  readonly #lifeCycle: LifeCycle;
  readonly #loader: EntityLoader;
  readonly #registrar: Registrar;
  readonly #merging: MergingRegistrar;

  constructor(storage: EntityStorage, options: RegistryOptions = {}) {
    const catalog = new EntityCatalog();
    catalog.add(...(options.entities ?? []));
    const lifeCycle = new LifeCycle(options.logger ?? null);
    const registrar = new Registrar(storage, catalog, lifeCycle, options);
    const loader = new EntityLoader(storage, catalog, lifeCycle, registrar.home);
    super(catalog, loader);
    this.#catalog = catalog;
    this.#lifeCycle = lifeCycle;
    this.#registrar = registrar;
    this.#loader = loader;
    this.#merging = new MergingRegistrar(loader, registrar);
  }

  /**
   * Stores what changed in the trees of some entities, as it is at the moment of the call, in one commit: a new version of
   * each entity that differs from its last one and of each that reaches it. Registering something unchanged writes nothing.
   * The objects stay the same and take the ids of their new versions once these are stored; when that fails, store and
   * objects are as before, edits included. A commit that builds on another under way is made anew, of what is there then, when
   * that one fails. Where the store could not even be asked whether it holds a commit that failed, the next registration asks first. With an idempotency key that was stored before nothing is stored, and the
   * edits stay in memory: load what the earlier call stored.
   *
   * @throws {ConflictError} when somebody else was first and the policy is `reject`.
   * @throws {MergeError} when it is `merge`, both changed the same thing, and `resolve` is not given; both are stored as branches.
   * @throws {EntityError} `other_registry`, `duplicate_entity`; `invalid_value` for a policy that there is not
   * @throws {StorageError} when the store fails.
   */
  async register(entities: Entity | readonly Entity[], options: RegisterOptions = {}): Promise<Registration> {
    const given: readonly Entity[] = Array.isArray(entities) ? entities : [entities];
    const roots = given.map(stateOfEntity);
    const { onConflict = "reject", resolve, ...rest } = options;
    if (!conflictPolicies.has(onConflict))
      throw new EntityError("invalid_value", `onConflict is ${JSON.stringify(onConflict)}: give "reject", "branch" or "merge"`);
    const distinct = roots.length === 1 ? roots : Array.from(new Set(roots));
    const registration = await this.#lifeCycle.span("minference.ecs.register", () =>
      onConflict === "merge"
        ? this.#merging.register(distinct, rest, resolve)
        : this.#registrar.register(distinct, { ...rest, onConflict }),
    );
    if (registration.ecsIds.length === 0 || distinct.length === roots.length) return registration;
    const places = new Map(distinct.map((root, index) => [root, index]));
    return { ...registration, ecsIds: roots.map((root) => registration.ecsIds[places.get(root) ?? -1] ?? root.ecsId) };
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
   * same where the lineage does. What moved on without an entity that holds it is shown too; that entity is then modified, and registering it
   * pins what is shown. Costs what the tree holds, whatever its history.
   *
   * @throws {EntityError} `has_modifications` when there are edits that this would lose: register or revert them first; `not_found`;
   * `frozen` for a cold snapshot, which stays as it is
   */
  async refresh(entity: Entity, { children = "latest" }: RefreshOptions = {}): Promise<void> {
    const root = stateOfEntity(entity);
    if (root.frozen)
      throw new EntityError("frozen", `${root.definition.name} ${root.ecsId} is a cold snapshot, which stays as it is: load a warm copy`);
    if (root.committed === null) throw new EntityError("not_found", "an entity that was never registered has no stored version to show");
    for (;;) {
      await this.#registrar.drained();
      const shown = new Map(Array.from(reachableStates(root), (state) => [state, state.committed]));
      const tree = await this.#lifeCycle.span("minference.ecs.load", () => latestTree(this.storage, root, children));
      if (tree === undefined) throw notFound(root.ecsId);
      this.#lifeCycle.loaded([tree.ecsId], tree.versions.length);
      if (hasEdits(root)) {
        throw new EntityError(
          "has_modifications",
          `${root.definition.name} ${root.ecsId} has edits that refresh would lose: register or revert them first`,
        );
      }
      // What was registered meanwhile has to land first and then be read, or older versions would take its place.
      const isAsRead = reachableStates(root)
        .values()
        .every((state) => state.flights.length === 0 && state.committed === shown.get(state));
      if (!isAsRead) continue;
      adoptVersion(root, this.#loader.make(tree.versions, tree.ecsId), tree.moved);
      return;
    }
  }

  /**
   * Gives a version a name, which keeps it from being pruned; a name in use moves.
   *
   * @throws {StorageError} `unknown_version`; `invalid` for a name that is empty or too long
   */
  async tag(name: string, ecsId: string): Promise<void> {
    await this.storage.tag(name, ecsId);
  }

  /** Takes a name away, if there is one. */
  async untag(name: string): Promise<void> {
    await this.storage.tag(name, null);
  }

  /**
   * Takes old versions away for good; see {@link PrunePolicy} for what stays. A copy in memory of a version that went can still be read;
   * registering an edit of it is refused with `unknown_parent`.
   *
   * @throws {StorageError} `invalid` for a policy that keeps nothing
   */
  async prune({ entities, ...policy }: RegistryPrunePolicy): Promise<PruneReport> {
    await this.#registrar.drained();
    this.#catalog.add(...(entities ?? []));
    const types = entities?.flatMap((entityClass) => this.#catalog.namesWithin(entityClass));
    return this.storage.prune({ ...policy, ...(types === undefined ? {} : { types }) });
  }

  /**
   * Takes the contents of all versions of an entity away for good. Loading one is refused with `redacted` afterwards, and so is
   * storing another, and loading anything that reaches one. What the versions held stays, and so do ids and times.
   *
   * @param options - with `detach`, the last versions of whatever reaches the entity get successors first that no longer hold it, nor
   * anything else that was redacted, also long ago: these can be loaded. Their classes have to be known to the registry. An older version
   * of an entity that is still held becomes a branch. Copies in memory are of versions before that: {@link refresh} them.
   * @returns how many versions it has; 0 when the lineage is unknown
   * @throws {EntityError} with `detach`: `invalid_value` where a field can't be without the entity, `unknown_type`; then nothing is redacted
   */
  async redact(lineageId: string, { detach = false }: { readonly detach?: boolean } = {}): Promise<number> {
    await this.#registrar.drained();
    if (detach) await detachLineage(this.#loader, this.#registrar, lineageId);
    return this.storage.redact(lineageId);
  }

  /** Looks through the whole store for damage; see {@link EntityStorage.verify}. Nothing for a sound store. */
  async verify(): Promise<readonly Damage[]> {
    return this.storage.verify();
  }

  /**
   * Writes an entity with all its versions, and all that these hold, as lines of JSON with a checksum.
   *
   * @throws {StorageError} `unknown_version` when there is no such lineage
   */
  async *exportLineage(lineageId: string): AsyncGenerator<string, void> {
    await this.#registrar.drained();
    yield* exportHistory(this.storage, lineageId);
  }

  /**
   * Stores what {@link exportLineage} wrote, with its ids and times; what is there already is left as it is.
   *
   * @throws {StorageError} `corrupt` for what does not check out, before anything is stored; `duplicate_id`
   */
  async importHistory(lines: AsyncIterable<string> | Iterable<string>): Promise<ImportReport> {
    return importHistory(this.storage, lines);
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

  /**
   * Says that an object will not be edited or registered any more: it refuses edits from now on, and edits of what it refers to no longer
   * look at it. For those that hold what lives longer than they do, one after another, as each turn's protocol holds the conversation.
   */
  release(entity: Entity): void {
    stateOfEntity(entity).release();
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
}
