/**
 * Stands for a registry, until it is cleared, in the entities that belong to it. Clearing gives the registry another one, so that
 * entities from before can be told from those that are in the store.
 */
export class Home {
  /** Whether the store was cleared since. */
  cleared = false;
}
