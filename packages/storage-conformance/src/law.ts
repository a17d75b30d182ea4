import type { EntityStorage } from "@minference/ecs";

/** A store opened for one law. */
export interface OpenedStorage {
  readonly storage: EntityStorage;
  /** Opens the same store once more, as another process would after the first was closed; a durable backend must offer it. */
  readonly reopen?: () => Promise<EntityStorage>;
  /** Closes and removes the store, also when the law closed it already. */
  close(): Promise<void>;
}

/** How to get at the backend under test. */
export interface StorageFactory {
  /** Opens a new, empty store. */
  open(): Promise<OpenedStorage>;
}

/** One promise of the storage contract, checked by a function that throws when it is broken. */
export interface Law {
  readonly name: string;
  /** Checks the law on a new, empty store. */
  check(opened: OpenedStorage): Promise<void>;
}
