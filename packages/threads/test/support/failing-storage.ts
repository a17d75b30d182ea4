import { type Commit, type CommitOutcome, type EntityStorage, StorageError } from "@minference/ecs";

/** Makes a storage fail the commits that a rule names; everything else goes through. */
export function failingStorage(storage: EntityStorage, fails: (commit: Commit) => boolean): EntityStorage {
  return new Proxy(storage, {
    get(target, key) {
      if (key === "commit") {
        return (commit: Commit): Promise<CommitOutcome> =>
          fails(commit) ? Promise.reject(new StorageError("failed", "the disk is full")) : target.commit(commit);
      }
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
