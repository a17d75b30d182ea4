import type { Commit, EdgeChange, NewVersion, Payload, StaleParentPolicy } from "@minference/ecs";

/** What of a new version a test cares about. */
export interface VersionOptions {
  readonly type?: string;
  readonly schemaVersion?: number;
  readonly payload?: Payload | null;
  readonly edges?: readonly EdgeChange[];
  readonly onStaleParent?: StaleParentPolicy;
  readonly mergeParentId?: string;
}

/** Builds valid commits with ids that are the same in every run. */
export class CommitBuilder {
  readonly #space: string;
  #count = 0;

  /** @param space - tells apart the ids of builders that write to one store */
  constructor(space = 0xc0ffee) {
    this.#space = space.toString(16).padStart(8, "0");
  }

  /** Makes a UUID that this builder has not made before. */
  id(): string {
    this.#count += 1;
    return `${this.#space}-0000-7000-8000-${this.#count.toString(16).padStart(12, "0")}`;
  }

  /** Makes the first version of a new lineage. */
  root(options: VersionOptions = {}): NewVersion {
    return {
      ecsId: this.id(),
      lineageId: this.id(),
      type: options.type ?? "Thing",
      schemaVersion: options.schemaVersion ?? 1,
      parentId: null,
      mergeParentId: null,
      payload: options.payload ?? {},
      edges: options.edges ?? [],
      onStaleParent: options.onStaleParent ?? "reject",
    };
  }

  /** Makes a version that follows another; it shares that one's payload unless it is given its own. */
  next(parent: Pick<NewVersion, "ecsId" | "lineageId" | "type">, options: VersionOptions = {}): NewVersion {
    return {
      ecsId: this.id(),
      lineageId: parent.lineageId,
      type: options.type ?? parent.type,
      schemaVersion: options.schemaVersion ?? 1,
      parentId: parent.ecsId,
      mergeParentId: options.mergeParentId ?? null,
      payload: options.payload ?? null,
      edges: options.edges ?? [],
      onStaleParent: options.onStaleParent ?? "reject",
    };
  }

  commit(versions: readonly NewVersion[], options: Partial<Commit> = {}): Commit {
    return {
      id: this.id(),
      createdAt: new Date(1_700_000_000_123 + this.#count),
      actor: null,
      message: null,
      idempotencyKey: null,
      versions,
      ...options,
    };
  }
}

/** Makes the change that puts a child into a slot, or empties it. */
export function edge(field: string, slot: string, child: Pick<NewVersion, "ecsId"> | null): EdgeChange {
  return { field, slot, child: child === null ? null : child.ecsId };
}
