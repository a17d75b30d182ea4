import { lastDescendant } from "../lineage/last-descendant.ts";
import type { EntityStorage } from "../storage/entity-storage.ts";
import type { StoredVersion, VersionHeader } from "../storage/stored-version.ts";

/** A child that was shown in place of the version that is stored. */
export interface MovedChild {
  readonly holder: string;
  readonly shown: string;
  readonly stored: string;
}

/** A tree in which each entity is at the last version of its branch. */
export interface LatestTree {
  /** The version of its root. */
  readonly ecsId: string;
  /** Its versions, their edges leading to the last versions. */
  readonly versions: readonly StoredVersion[];
  /** Where a stored edge leads to an older version. */
  readonly moved: readonly MovedChild[];
}

/**
 * Reads what an entity and all it reaches have become. Costs what the tree holds, whatever its history; only of lineages that
 * have branches all headers are read. `pinned` leaves children as their holders have them. Gives `undefined` when the version is not stored.
 */
export async function latestTree(
  storage: EntityStorage,
  root: Pick<VersionHeader, "ecsId" | "lineageId">,
  children: "latest" | "pinned",
): Promise<LatestTree | undefined> {
  const last = new LastVersions(storage);
  await last.learn([root]);
  const ecsId = last.of(root);
  if (ecsId === undefined) return undefined;
  if (children === "pinned") return { ecsId, versions: await storage.loadTrees([ecsId]), moved: [] };
  const known = new Map<string, StoredVersion>();
  for (let missing = [ecsId]; missing.length > 0; ) {
    const read = (await storage.loadTrees(missing)).filter((version) => !known.has(version.ecsId));
    for (const version of read) known.set(version.ecsId, version);
    await last.learn(read);
    missing = read.flatMap((version) => last.of(version) ?? []).filter((id) => !known.has(id));
  }
  return rewire(ecsId, known, last);
}

/** Makes edges lead to last versions, as far as the root reaches by these. */
function rewire(ecsId: string, known: ReadonlyMap<string, StoredVersion>, last: LastVersions): LatestTree {
  const moved: MovedChild[] = [];
  const versions: StoredVersion[] = [];
  const reached = new Set([ecsId]);
  for (const holder of reached) {
    const version = known.get(holder);
    if (version === undefined) continue;
    const edges = version.edges.map((edge) => {
      const child = known.get(edge.child);
      const shown = (child === undefined ? undefined : last.of(child)) ?? edge.child;
      reached.add(shown);
      if (shown !== edge.child) moved.push({ holder, shown, stored: edge.child });
      return shown === edge.child ? edge : { ...edge, child: shown };
    });
    versions.push({ ...version, edges });
  }
  return { ecsId, versions, moved };
}

type Placed = Pick<VersionHeader, "ecsId" | "lineageId">;

/** Knows the last versions of branches. */
class LastVersions {
  readonly #storage: EntityStorage;
  readonly #heads = new Map<string, readonly string[]>();
  readonly #branched = new Map<string, readonly VersionHeader[]>();

  constructor(storage: EntityStorage) {
    this.#storage = storage;
  }

  async learn(versions: readonly Placed[]): Promise<void> {
    const unknown = new Set(versions.map(({ lineageId }) => lineageId).filter((lineageId) => !this.#heads.has(lineageId)));
    if (unknown.size === 0) return;
    const heads = Map.groupBy(await this.#storage.loadHeads(Array.from(unknown)), ({ lineageId }) => lineageId);
    for (const lineageId of unknown) {
      const found = heads.get(lineageId) ?? [];
      this.#heads.set(
        lineageId,
        found.map(({ ecsId }) => ecsId),
      );
      if (found.length > 1) this.#branched.set(lineageId, await this.#storage.lineage(lineageId));
    }
  }

  of({ ecsId, lineageId }: Placed): string | undefined {
    const branched = this.#branched.get(lineageId);
    return branched === undefined ? this.#heads.get(lineageId)?.[0] : lastDescendant(branched, ecsId);
  }
}
