import type { Commit, CommitOutcome, EntityStorage } from "@minference/ecs";

/** Lets something happen right before the first commit with a message, and what that gives right after it, before its outcome is known. */
export function interruptedStorage(storage: EntityStorage, message: string, interrupt: () => Promise<() => Promise<void>>): EntityStorage {
  let interrupted = false;
  const commit = async (one: Commit): Promise<CommitOutcome> => {
    if (interrupted || one.message !== message) return storage.commit(one);
    interrupted = true;
    const after = await interrupt();
    const outcome = await storage.commit(one);
    await after();
    return outcome;
  };
  return new Proxy(storage, {
    get(target, key) {
      if (key === "commit") return commit;
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
