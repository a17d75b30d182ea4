import { seededRandom as seededNumbers } from "@minference/clients/testing";

/** Draws repeatable random choices. */
export interface SeededRandom {
  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number;
  pick<Item>(items: readonly [Item, ...Item[]]): Item;
}

/** Starts a sequence of choices; the same seed, a whole number below 2³², gives the same sequence. */
export function seededRandom(seed: number): SeededRandom {
  const next = seededNumbers(seed);
  const integer = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    integer,
    pick: (items) => items[integer(0, items.length - 1)] ?? items[0],
  };
}
