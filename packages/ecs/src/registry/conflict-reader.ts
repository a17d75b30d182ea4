import type { AnyEntityClass, Entity } from "../entity/entity.ts";
import { type Conflict, ConflictError, type ConflictSides } from "../errors/conflict-error.ts";
import type { Commit, CommitConflict, NewVersion } from "../storage/commit.ts";
import { compareText } from "../storage/compare-text.ts";
import type { EntityStorage } from "../storage/entity-storage.ts";
import type { StoredEdge, StoredVersion, VersionHeader } from "../storage/stored-version.ts";
import type { EntityState } from "../entity/entity-state.ts";
import { stateOfEntity } from "./state-of-entity.ts";
import type { EntityCatalog } from "./entity-catalog.ts";
import { notFound } from "./entity-loader.ts";
import type { Home } from "./home.ts";
import { loadEntities } from "./load-entities.ts";

/** Reads what stands behind a refused commit. */
export class ConflictReader {
  readonly #storage: EntityStorage;
  readonly #catalog: EntityCatalog;

  constructor(storage: EntityStorage, catalog: EntityCatalog) {
    this.#storage = storage;
    this.#catalog = catalog;
  }

  /** Makes the error that holds both sides. */
  async error(
    found: readonly CommitConflict[],
    commit: Commit,
    { entityOf, home }: { readonly entityOf: (ecsId: string) => Entity; readonly home: Home },
  ): Promise<ConflictError> {
    const ours = new Map(commit.versions.map((version) => [version.ecsId, version]));
    const headIds = found.map(({ headId }) => headId);
    const headers = await this.#storage.loadHeaders(headIds.filter((headId) => !ours.has(headId)));
    const theirs = new Map(headers.map((header) => [header.ecsId, header]));
    // Of two copies in one commit the first is there before the second.
    for (const version of commit.versions) theirs.set(version.ecsId, headerOf(version, commit));
    const conflicts = found.map(
      (conflict): Conflict => ({
        ...conflict,
        entity: entityOf(conflict.ecsId),
        ours: ours.get(conflict.ecsId) ?? missing(conflict.ecsId),
        theirs: theirs.get(conflict.headId) ?? missing(conflict.headId),
      }),
    );
    return new ConflictError(conflicts, (entityClass, of) => this.#sides(entityClass, of, { commit, home }));
  }

  /** Loads versions with all they refer to, as entities that can be edited. */
  async read(ecsIds: readonly string[], home: Home): Promise<EntityState[]> {
    const entities = loadEntities(await this.#storage.loadTrees(ecsIds), { catalog: this.#catalog, home, frozen: false });
    return ecsIds.map((ecsId) => stateOfEntity(entities(ecsId) ?? missing(ecsId)));
  }

  async #sides<C extends AnyEntityClass>(
    entityClass: C,
    conflicts: readonly Conflict[],
    { commit, home }: { readonly commit: Commit; readonly home: Home },
  ): Promise<ConflictSides<InstanceType<C>>[]> {
    const wanted = conflicts.filter(({ entity }) => entity instanceof entityClass);
    const attempted = await this.#attempted(commit);
    const ids = new Set(attempted.map(({ ecsId }) => ecsId));
    const held = attempted.flatMap(({ edges }) => edges.map(({ child }) => child));
    const needed = [...held, ...wanted.map(({ headId }) => headId)].filter((ecsId) => !ids.has(ecsId));
    const stored = await this.#storage.loadTrees(needed);
    const entities = loadEntities([...attempted, ...stored], { catalog: this.#catalog, home, frozen: true });
    const find = (ecsId: string): InstanceType<C> => {
      const entity = entities(ecsId);
      return isInstance(entity, entityClass) ? entity : missing(ecsId);
    };
    return wanted.map(({ ecsId, headId }) => ({ ours: find(ecsId), theirs: find(headId) }));
  }

  /** The versions of a commit as they would read back. */
  async #attempted(commit: Commit): Promise<StoredVersion[]> {
    const parents = await this.#storage.loadVersions(commit.versions.flatMap(({ parentId }) => parentId ?? []));
    const known = new Map(parents.map((parent) => [parent.ecsId, parent]));
    return commit.versions.map((version) => {
      const parent = version.parentId === null ? undefined : (known.get(version.parentId) ?? missing(version.parentId));
      const read = asStored(version, parent, commit);
      known.set(read.ecsId, read);
      return read;
    });
  }
}

/** Joins field and slot into one key; neither holds NUL. */
function slotKey({ field, slot }: Pick<StoredEdge, "field" | "slot">): string {
  return `${field}\u0000${slot}`;
}

function headerOf(version: NewVersion, { id, createdAt }: Commit): VersionHeader {
  const { edges: _edges, onStaleParent: _onStaleParent, payload: _payload, ...header } = version;
  return { ...header, createdAt, commitId: id, redacted: false };
}

function asStored(version: NewVersion, parent: StoredVersion | undefined, commit: Commit): StoredVersion {
  const slots = new Map<string, StoredEdge>(parent?.edges.map((edge) => [slotKey(edge), edge]));
  for (const { field, slot, child } of version.edges) {
    if (child === null) slots.delete(slotKey({ field, slot }));
    else slots.set(slotKey({ field, slot }), { field, slot, child });
  }
  const edges = Array.from(slots.values()).toSorted((a, b) => compareText(a.field, b.field) || compareText(a.slot, b.slot));
  return { ...headerOf(version, commit), payload: version.payload ?? parent?.payload ?? {}, edges };
}

function isInstance<C extends AnyEntityClass>(entity: Entity | undefined, entityClass: C): entity is InstanceType<C> {
  return entity instanceof entityClass;
}

function missing(ecsId: string): never {
  throw notFound(ecsId);
}
