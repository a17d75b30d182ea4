import type { FieldDefinition } from "../definition/field-definition.ts";
import { isPlainObject } from "../definition/frozen-value.ts";
import type { EntityState } from "../entity/entity-state.ts";
import { assignField, checkedFor, isCollection } from "../entity/field-assignment.ts";
import { stateOf } from "../entity/stateful.ts";
import { contentOf } from "../entity/unmade-collection.ts";
import { EntityError } from "../errors/entity-error.ts";
import type { EntityStorage } from "../storage/entity-storage.ts";
import { pagesOf } from "../storage/pages-of.ts";
import type { EntityLoader } from "./entity-loader.ts";
import { reachableStates } from "./adopt-version.ts";
import type { Registrar } from "./registrar.ts";

/** So many versions are asked for, and trees loaded, at a time. */
const atOnce = 100;

/**
 * Makes the last versions of all that reaches an entity do without it, and without what was redacted before: stores new ones, which no
 * longer hold it.
 *
 * @throws {EntityError} `invalid_value` where a field can't be without it; what was stored before stays
 */
export async function detachLineage(loader: EntityLoader, registrar: Registrar, lineageId: string): Promise<void> {
  const heads = await headsThatReach(loader.storage, lineageId);
  for (let at = 0; at < heads.length; at += atOnce) {
    const ids = heads.slice(at, at + atOnce);
    const versions = await loader.storage.loadTrees(ids);
    const gone = new Set([lineageId, ...versions.filter(({ redacted }) => redacted).map((version) => version.lineageId)]);
    const roots = loader.makeWithStandIns(versions, ids);
    for (const state of reachableStates(...roots)) if (!gone.has(state.lineageId)) detach(state, gone);
    await registrar.register(roots, { onConflict: "branch", message: "detach" });
  }
}

/** Finds the last versions of other entities from which some version of an entity can be reached. */
async function headsThatReach(storage: EntityStorage, lineageId: string): Promise<string[]> {
  const heads = new Set<string>();
  const reached = new Set((await storage.lineage(lineageId)).map(({ ecsId }) => ecsId));
  const waiting = Array.from(reached);
  while (waiting.length > 0) {
    const ecsIds = waiting.splice(0, atOnce);
    for await (const holders of pagesOf((after) => storage.referrers({ ecsIds, versions: "all", limit: atOnce, ...after }))) {
      for (const { ecsId } of holders) {
        if (reached.has(ecsId)) continue;
        reached.add(ecsId);
        waiting.push(ecsId);
      }
    }
    for await (const holders of pagesOf((after) => storage.referrers({ ecsIds, versions: "heads", limit: atOnce, ...after }))) {
      for (const holder of holders) if (holder.lineageId !== lineageId && !holder.redacted) heads.add(holder.ecsId);
    }
  }
  return Array.from(heads);
}

function detach(state: EntityState, gone: ReadonlySet<string>): void {
  const isGone = (value: unknown): boolean => gone.has(stateOf(value)?.lineageId ?? "");
  for (const field of state.definition.referenceFields) {
    const holds = Array.from(state.childrenOf(field)).some(([, child]) => gone.has(child.lineageId));
    if (holds) assignField(state, field, left(state, field, isGone));
  }
}

/** What a field holds when something is gone from it. */
function left(state: EntityState, field: FieldDefinition, isGone: (value: unknown) => boolean): unknown {
  const content = contentOf(state, field);
  if (isCollection(field)) {
    if (Array.isArray(content)) return content.filter((item) => !isGone(item));
    if (content instanceof Set) return new Set(Array.from(content).filter((item) => !isGone(item)));
    if (content instanceof Map) return new Map(Array.from(content).filter(([, item]) => !isGone(item)));
    if (typeof content === "object" && content !== null && isPlainObject(content))
      return Object.fromEntries(Object.entries(content).filter(([, item]) => !isGone(item)));
  }
  for (const nothing of [null, undefined]) {
    try {
      const value = checkedFor(field, nothing);
      if (value === nothing) return value;
    } catch {
      // The other one may do.
    }
  }
  throw new EntityError(
    "invalid_value",
    `${field.path} of version ${state.ecsId} can't be without what it holds: give it something else, register it, and redact then`,
  );
}
