import { type EntityStorage, StorageError } from "@minference/ecs";
import type { StorageFactory } from "@minference/storage-conformance";
import { afterAll, expect } from "vitest";

/** How to get at a store that outlives the laws. */
export interface ReusedStoreOptions extends Pick<StorageFactory, "randomShare"> {
  /** Opens the store, which is empty at first. */
  readonly open: () => Promise<EntityStorage>;
  /** Opens it once more, as another process would. */
  readonly reopen?: () => Promise<EntityStorage>;
  /** Whether what each law leaves is looked through. */
  readonly verifies?: boolean;
}

/** Hands one open store to law after law. It is cleared in between, and opened again after a law that closed it. */
export function reusedStore({ open, reopen, randomShare, verifies = false }: ReusedStoreOptions): StorageFactory {
  let kept: EntityStorage | undefined;
  afterAll(() => kept?.close());
  return {
    ...(randomShare === undefined ? {} : { randomShare }),
    async open() {
      kept ??= await open();
      const storage = kept;
      return {
        storage,
        ...(reopen === undefined ? {} : { reopen }),
        async close() {
          if (await isClosed(storage)) kept = await open();
          const left = kept ?? storage;
          if (verifies) expect(await left.verify()).toEqual([]);
          await left.clear();
        },
      };
    },
  };
}

async function isClosed(storage: EntityStorage): Promise<boolean> {
  try {
    await storage.statistics();
    return false;
  } catch (error) {
    if (StorageError.is(error) && error.code === "closed") return true;
    throw error;
  }
}
