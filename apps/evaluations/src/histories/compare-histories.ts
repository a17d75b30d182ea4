import { CommandError } from "@minference/command-line";
import type { EntityRegistry } from "@minference/ecs";
import { canonicalHistory } from "./canonical-history.ts";
import { storedThreads } from "./stored-threads.ts";

/** What two stores have in common. */
export interface Comparison {
  readonly conversations: number;
  readonly versions: number;
  /** What differs, one line a conversation. */
  readonly differences: readonly string[];
}

/** Compares all conversations of two stores, version by version, without ids and times. Rejects when one has none. */
export async function compareHistories(left: EntityRegistry, right: EntityRegistry): Promise<Comparison> {
  const [ofLeft, ofRight] = await Promise.all([storedThreads(left), storedThreads(right)]);
  for (const [place, { size }] of [
    ["first", ofLeft],
    ["second", ofRight],
  ] as const)
    if (size === 0) throw new CommandError(`The ${place} store holds no conversations: there is nothing to compare`);
  const differences: string[] = [];
  let versions = 0;
  for (const name of new Set([...ofLeft.keys(), ...ofRight.keys()])) {
    const one = ofLeft.get(name);
    const other = ofRight.get(name);
    if (one === undefined || other === undefined) {
      differences.push(`${name} is only in the ${one === undefined ? "second" : "first"} store`);
      continue;
    }
    const [first, second] = await Promise.all([canonicalHistory(left, one), canonicalHistory(right, other)]);
    versions += first.versions.length;
    if (JSON.stringify(first) !== JSON.stringify(second)) differences.push(`${name} differs`);
  }
  return { conversations: ofLeft.size, versions, differences };
}
