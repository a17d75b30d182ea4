import { Entity } from "../entity/entity.ts";
import type { AnyEntityClass } from "../entity/entity.ts";
import type { EntityState } from "../entity/entity-state.ts";
import { hasModifications } from "../entity/modified-states.ts";
import { type Conflict, ConflictError } from "../errors/conflict-error.ts";
import type { ResolveConflict } from "../merge/merge-conflict.ts";
import { mergeVersions } from "../merge/merge-versions.ts";
import type { EntityLoader } from "./entity-loader.ts";
import { adoptVersion } from "./adopt-version.ts";
import type { Registrar, StateRegisterOptions } from "./registrar.ts";
import type { Registration } from "./registry-options.ts";
import { classOf, stateOfEntity } from "./state-of-entity.ts";

/** Merges versions, on request and when a registration finds that somebody else was first. */
export class MergingRegistrar {
  readonly #loader: EntityLoader;
  readonly #registrar: Registrar;

  constructor(loader: EntityLoader, registrar: Registrar) {
    this.#loader = loader;
    this.#registrar = registrar;
  }

  /** Merges two stored versions and stores the result as the successor of theirs. */
  async merge<C extends AnyEntityClass>(
    entityClass: C,
    ids: { readonly ours: string; readonly theirs: string },
    resolve: ResolveConflict | undefined,
  ): Promise<InstanceType<C>> {
    const { entity, mergedFrom } = await mergeVersions(this.#loader, entityClass, ids, resolve);
    await this.#registrar.register([stateOfEntity(entity)], { onConflict: "reject", message: "merge", mergedFrom });
    return entity;
  }

  /** Registers; where somebody else was first, stores ours as a branch, merges both and makes the objects show the result. */
  async register(
    roots: readonly EntityState[],
    options: Omit<StateRegisterOptions, "onConflict">,
    resolve: ResolveConflict | undefined,
  ): Promise<Registration> {
    try {
      return await this.#registrar.register(roots, { ...options, onConflict: "reject" });
    } catch (error) {
      if (!ConflictError.is(error)) throw error;
      const conflicts = new Map(error.conflicts.map((conflict) => [stateOfEntity(conflict.entity), conflict]));
      const registration = await this.#registrar.register(roots, { ...options, onConflict: "branch" });
      for (const [root, conflict] of conflicts) await this.#mergeInto(root, await this.#headOf(conflict, root.ecsId), resolve);
      await this.#showLast(roots, Array.from(conflicts.keys()), resolve);
      return registration.status === "duplicate" ? registration : { ...registration, ecsIds: roots.map(({ ecsId }) => ecsId) };
    }
  }

  /** The version that was there first. When it was refused with ours, another copy in the same call, it was stored under an id of its own. */
  async #headOf({ headId, lineageId, parentId }: Conflict, ours: string): Promise<string> {
    const { storage } = this.#loader;
    if ((await storage.loadHeaders([headId])).length > 0) return headId;
    const versions = await storage.lineage(lineageId);
    return versions.find((version) => version.parentId === parentId && version.ecsId !== ours)?.ecsId ?? headId;
  }

  /** Makes copies of what was merged, given in the same call, show the version that all of them came to. */
  async #showLast(roots: readonly EntityState[], merged: readonly EntityState[], resolve: ResolveConflict | undefined): Promise<void> {
    const last = new Map(merged.map((root) => [root.lineageId, root]));
    for (const root of roots) {
      const shown = last.get(root.lineageId);
      if (shown !== undefined && shown.ecsId !== root.ecsId) await this.#mergeInto(root, shown.ecsId, resolve);
    }
  }

  async #mergeInto(root: EntityState, firstHead: string, resolve: ResolveConflict | undefined): Promise<void> {
    if (!(root.entity instanceof Entity)) return;
    const entityClass = classOf(root.entity);
    for (let head = firstHead; ; ) {
      try {
        const ours = root.ecsId;
        const merged = await this.merge(entityClass, { ours, theirs: head }, resolve);
        if (hasModifications(root) || root.flights.length > 0 || root.ecsId !== ours) {
          // Edited or registered meanwhile: that goes on our branch, and is merged with what we have just stored.
          await this.#registrar.register([root], { onConflict: "branch" });
          head = merged.ecsId;
          continue;
        }
        adoptVersion(root, stateOfEntity(merged));
        return;
      } catch (error) {
        if (!ConflictError.is(error)) throw error;
        head = error.conflicts[0]?.headId ?? head;
      }
    }
  }
}
