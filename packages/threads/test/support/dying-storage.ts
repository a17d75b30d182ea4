import type { Commit, CommitOutcome, EntityStorage } from "@minference/ecs";

/**
 * Lets a process die at a storage, as far as the storage can tell: from some commit on nothing it does has an effect or an answer. The last
 * one may still be carried out, with its answer lost.
 */
export function dyingStorage(
  storage: EntityStorage,
  life: { readonly commits: number; readonly lastIsDone: boolean },
): { readonly storage: EntityStorage; readonly died: Promise<void> } {
  let left = life.commits;
  const death = Promise.withResolvers<void>();
  const never = new Promise<never>(() => {});
  const commit = async (one: Commit): Promise<CommitOutcome> => {
    left -= 1;
    if (left >= 0) return storage.commit(one);
    if (left === -1 && life.lastIsDone) await storage.commit(one);
    death.resolve();
    return never;
  };
  const dying = new Proxy(storage, {
    get(target, key) {
      if (key === "commit") return commit;
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { storage: dying, died: death.promise };
}
