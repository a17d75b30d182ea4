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
  /**
   * How much of the random programs and queries to carry out, from above 0 to 1. Default: 1. Less is for a further way to set up a backend
   * that carries all of them out already.
   */
  readonly randomShare?: number;
}

/** One promise of the storage contract, checked by a function that throws when it is broken. */
export interface Law {
  readonly name: string;
  /** Checks the law on a new, empty store; with a share of its random programs, where it has any. */
  check(opened: OpenedStorage, randomShare: number): Promise<void>;
}
