import type { AnyEntityClass } from "../entity/entity.ts";
import type { Blame } from "../lineage/blame.ts";
import type { Lineage } from "../lineage/lineage.ts";
import type { VersionDiff } from "../lineage/version-diff.ts";
import type { EntityStorage, ListQuery, Page } from "../storage/entity-storage.ts";
import { pagesOf } from "../storage/pages-of.ts";
import type { Tag } from "../storage/retention.ts";
import type { VersionHeader } from "../storage/stored-version.ts";
import type { EntityCatalog } from "./entity-catalog.ts";
import { type EntityLoader, notFound } from "./entity-loader.ts";
import { type EntityQuery, fieldQuery } from "./entity-query.ts";
import { LineageReader } from "./lineage-reader.ts";
import type { ClassQuery } from "./registry-options.ts";

const defaultPage = 100;
const warm = { frozen: false };
const cold = { frozen: true };

/** What an {@link EntityRegistry} reads. */
export abstract class ReadingRegistry {
  readonly storage: EntityStorage;
  readonly #catalog: EntityCatalog;
  readonly #loader: EntityLoader;
  readonly #lineages: LineageReader;

  /** @internal */
  constructor(catalog: EntityCatalog, loader: EntityLoader) {
    this.storage = loader.storage;
    this.#catalog = catalog;
    this.#loader = loader;
    this.#lineages = new LineageReader(loader.storage, catalog);
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
  async getIfStored<C extends AnyEntityClass>(entityClass: C, ecsId: string): Promise<InstanceType<C> | undefined> {
    const [entity] = await this.#loader.find(entityClass, [ecsId], warm);
    return entity;
  }

  /** Loads several versions, in the order of their ids, as one graph: what they share is one object. */
  async getMany<C extends AnyEntityClass>(entityClass: C, ecsIds: readonly string[]): Promise<InstanceType<C>[]> {
    return this.#loader.get(entityClass, ecsIds, warm);
  }

  /** Loads a version that can't be edited: as it was stored, with everything it refers to. Changing a field or collection of it throws `frozen`. */
  async getColdSnapshot<C extends AnyEntityClass>(entityClass: C, ecsId: string): Promise<InstanceType<C>> {
    return this.#loader.getOne(entityClass, ecsId, cold);
  }

  /** Tells whether a version is stored. */
  async has(ecsId: string): Promise<boolean> {
    const headers = await this.storage.loadHeaders([ecsId]);
    return headers.length > 0;
  }

  /**
   * Lists versions of a class, and of the known classes that extend it, a page at a time. A store does not know which classes extend
   * which: members of a family that were neither handed over in the registry's option `entities` nor used yet are not among them.
   *
   * @throws {EntityError} `invalid_value` for a condition that is about no field of plain values
   * @throws {StorageError} `invalid` for a comparison that makes no sense, a limit below one, a cursor that is none
   */
  async list<C extends AnyEntityClass>(entityClass: C, query: EntityQuery<InstanceType<C>> = {}): Promise<Page<VersionHeader>> {
    this.#catalog.add(entityClass);
    return this.storage.list({
      types: this.#catalog.namesWithin(entityClass),
      ...fieldQuery(entityClass, query),
      ...pageOf(query),
    });
  }

  /**
   * Finds the versions of a class whose fields are as asked for, a page of loaded entities at a time; of each branch the last one unless
   * told otherwise. What those of a page share is one object. Redacted versions, of which there is nothing to load, are left out, so that
   * a page may hold fewer than its limit.
   *
   * @throws as {@link list} and {@link get}
   */
  async find<C extends AnyEntityClass>(entityClass: C, query: EntityQuery<InstanceType<C>> = {}): Promise<Page<InstanceType<C>>> {
    const { items, next } = await this.list(entityClass, query);
    const entities = await this.getMany(
      entityClass,
      items.filter(({ redacted }) => !redacted).map(({ ecsId }) => ecsId),
    );
    return { items: entities, next };
  }

  /**
   * Loads the versions of a class one after another, all or those whose fields are as asked for, a page at a time, so that a large store
   * never has to fit in memory.
   *
   * @throws as {@link find}
   */
  async *listByType<C extends AnyEntityClass>(
    entityClass: C,
    query: EntityQuery<InstanceType<C>> = {},
  ): AsyncGenerator<InstanceType<C>, void> {
    for await (const entities of pagesOf((after) => this.find(entityClass, { ...query, ...after }))) yield* entities;
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

  /** Lists the names that versions were given with `tag`, by code point, a page at a time, 100 names by default. */
  async tags(query: { readonly limit?: number; readonly after?: string } = {}): Promise<Page<Tag>> {
    return this.storage.tags({ limit: defaultPage, ...query });
  }
}

function pageOf({ versions, limit, after }: ClassQuery): Omit<ListQuery, "types"> {
  return { versions: versions ?? "heads", limit: limit ?? defaultPage, ...(after === undefined ? {} : { after }) };
}
