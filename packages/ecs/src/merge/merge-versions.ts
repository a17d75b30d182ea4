import type { AnyEntityClass } from "../entity/entity.ts";
import type { EntityState } from "../entity/entity-state.ts";
import { EntityError } from "../errors/entity-error.ts";
import { MergeError } from "../errors/merge-error.ts";
import { commonAncestor } from "../lineage/common-ancestor.ts";
import { type EntityLoader, notFound } from "../registry/entity-loader.ts";
import { stateOfEntity } from "../registry/state-of-entity.ts";
import type { ResolveConflict } from "./merge-conflict.ts";
import { StateMerge } from "./merge-states.ts";

/** A tree that has our changes in theirs, not stored yet. */
export interface MergedTree<E> {
  readonly entity: E;
  readonly mergedFrom: ReadonlyMap<EntityState, string>;
}

const warm = { frozen: false };

/** Merges two stored versions of one lineage in memory, over the version they came from last. */
export async function mergeVersions<C extends AnyEntityClass>(
  loader: EntityLoader,
  entityClass: C,
  ids: { readonly ours: string; readonly theirs: string },
  resolve: ResolveConflict | undefined,
): Promise<MergedTree<InstanceType<C>>> {
  const headers = await loader.storage.loadHeaders([ids.ours, ids.theirs]);
  const lineageOf = (ecsId: string): string => {
    const header = headers.find((one) => one.ecsId === ecsId);
    if (header === undefined) throw notFound(ecsId);
    return header.lineageId;
  };
  lineageOf(ids.theirs);
  const versions = await loader.storage.lineage(lineageOf(ids.ours));
  const baseId = commonAncestor(versions, ids.ours, ids.theirs);
  if (baseId === undefined) {
    throw new EntityError(
      "invalid_value",
      `versions ${ids.ours} and ${ids.theirs} have no common ancestor: only versions of one lineage can be merged`,
    );
  }
  if (baseId === ids.ours || baseId === ids.theirs) {
    const later = baseId === ids.ours ? ids.theirs : ids.ours;
    return { entity: await loader.getOne(entityClass, later, warm), mergedFrom: new Map() };
  }
  const [base, ours, theirs] = await loader.get(entityClass, [baseId, ids.ours, ids.theirs], warm);
  if (base === undefined || ours === undefined || theirs === undefined) throw notFound(baseId);
  const merge = new StateMerge({ resolve, oursFirst: ids.ours < ids.theirs });
  const { conflicts, mergedFrom } = merge.run({ base: stateOfEntity(base), ours: stateOfEntity(ours), theirs: stateOfEntity(theirs) });
  if (conflicts.length > 0) throw new MergeError(conflicts, ids);
  return { entity: theirs, mergedFrom };
}
