import { compareText } from "../storage/compare-text.ts";
import type { FieldDefinition } from "../definition/field-definition.ts";
import { EntityError } from "../errors/entity-error.ts";
import { type Blame, BlameWalk } from "../lineage/blame.ts";
import { ancestors } from "../lineage/common-ancestor.ts";
import type { Lineage } from "../lineage/lineage.ts";
import { listChanges } from "../lineage/list-changes.ts";
import { type VersionDiff, versionChanges } from "../lineage/version-diff.ts";
import type { EntityStorage } from "../storage/entity-storage.ts";
import type { VersionHeader } from "../storage/stored-version.ts";
import type { EntityCatalog } from "./entity-catalog.ts";
import { notFound } from "./entity-loader.ts";

/** How many changes are read at once. */
const batchSize = 500;

/** Reads which versions there are, what came from what, and what changed in between; makes no entities. */
export class LineageReader {
  readonly #storage: EntityStorage;
  readonly #catalog: EntityCatalog;

  constructor(storage: EntityStorage, catalog: EntityCatalog) {
    this.#storage = storage;
    this.#catalog = catalog;
  }

  async lineage(lineageId: string): Promise<Lineage> {
    const [versions, heads] = await Promise.all([this.#storage.lineage(lineageId), this.#storage.heads(lineageId)]);
    if (versions.length === 0) throw unknownLineage(lineageId);
    return { lineageId, versions, heads };
  }

  /** The `ecsId` of the head that was stored last. */
  async latest(lineageId: string): Promise<string> {
    const last = await this.#storedLast(lineageId, await this.#storage.heads(lineageId));
    if (last === undefined) throw unknownLineage(lineageId);
    return last.ecsId;
  }

  /** The `ecsId` of the version that was the latest at a moment. */
  async asOf(lineageId: string, time: Date): Promise<string> {
    const last = await this.#storedLast(lineageId, await this.#storage.asOf(lineageId, time));
    if (last === undefined) throw new EntityError("not_found", `no version of lineage ${lineageId} was stored by ${time.toISOString()}`);
    return last.ecsId;
  }

  /** Clocks of several writers may disagree, so that only the order in the store tells which of some versions came last. */
  async #storedLast(lineageId: string, candidates: readonly VersionHeader[]): Promise<VersionHeader | undefined> {
    if (candidates.length < 2) return candidates[0];
    const ids = new Set(candidates.map(({ ecsId }) => ecsId));
    const versions = await this.#storage.lineage(lineageId);
    return versions.findLast(({ ecsId }) => ids.has(ecsId));
  }

  async successors(ecsId: string): Promise<readonly VersionHeader[]> {
    const { versions } = await this.#versionsBeside(ecsId);
    return versions.filter(({ parentId, mergeParentId }) => parentId === ecsId || mergeParentId === ecsId);
  }

  async blame(ecsId: string): Promise<Blame> {
    const { version, versions } = await this.#versionsBeside(ecsId);
    const reached = ancestors(new Map(versions.map((one) => [one.ecsId, one])), ecsId);
    const path = versions.filter((one) => reached.has(one.ecsId));
    const walk = new BlameWalk(path);
    for (let start = 0; start < path.length; start += batchSize) {
      const batch = path.slice(start, start + batchSize).map((one) => one.ecsId);
      const changes = new Map((await this.#storage.loadChanges(batch)).map((change) => [change.ecsId, change]));
      for (const id of batch) {
        const change = changes.get(id);
        if (change === undefined) throw notFound(id);
        walk.take(change);
      }
    }
    return walk.blame(version);
  }

  async diff(fromEcsId: string, toEcsId: string): Promise<VersionDiff> {
    const versions = await this.#storage.loadVersions([fromEcsId, toEcsId]);
    const find = (ecsId: string): (typeof versions)[number] => {
      const version = versions.find((candidate) => candidate.ecsId === ecsId);
      if (version === undefined) throw notFound(ecsId);
      return version;
    };
    const [from, to] = [find(fromEcsId), find(toEcsId)];
    const changes = versionChanges(from, to);
    const lists = this.#listFields(from.type, to.type);
    return { from, to, changes, lists: listChanges(from, to, lists, await this.#lineagesOf(changes, lists)) };
  }

  /** The lists that both classes have, in the order of their names. */
  #listFields(...types: readonly [string, string]): readonly FieldDefinition[] {
    const [before, after] = types.map((type) => this.#catalog.find(type)?.definition.fields.filter(({ kind }) => kind === "list") ?? []);
    const names = new Set(before?.map(({ name }) => name));
    return (after ?? []).filter(({ name }) => names.has(name)).toSorted((a, b) => compareText(a.name, b.name));
  }

  /** Looks up of which lineages the versions are that lists hold in other slots. */
  async #lineagesOf(changes: VersionDiff["changes"], lists: readonly FieldDefinition[]): Promise<(ecsId: string) => string> {
    const names = new Set(lists.map(({ name }) => name));
    const ids = changes.flatMap((change) => (change.kind === "reference" && names.has(change.field) ? [change.before, change.after] : []));
    const held = new Set(ids.filter((id) => id !== null));
    const headers = held.size === 0 ? [] : await this.#storage.loadHeaders(Array.from(held));
    const lineages = new Map(headers.map(({ ecsId, lineageId }) => [ecsId, lineageId]));
    return (ecsId) => lineages.get(ecsId) ?? ecsId;
  }

  async #versionsBeside(ecsId: string): Promise<{ version: VersionHeader; versions: readonly VersionHeader[] }> {
    const [version] = await this.#storage.loadHeaders([ecsId]);
    if (version === undefined) throw notFound(ecsId);
    return { version, versions: await this.#storage.lineage(version.lineageId) };
  }
}

function unknownLineage(lineageId: string): EntityError {
  return new EntityError("not_found", `no lineage ${lineageId} is stored`);
}
