import type { NewIds } from "../query/dialect.ts";
import type { Query, Work } from "../query/work.ts";

/** The highest ids there are. */
export interface LastIds {
  readonly version: number;
  readonly chain: number;
  readonly commit: number;
}

/** Takes ids for new rows: the transaction holds the only write lock, so those above the last ones are free. */
export function* idsAfter(lastIds: Query<undefined, LastIds>): Work<NewIds> {
  const [last] = yield* lastIds(undefined);
  let { version, chain, commit } = last ?? { version: 0, chain: 0, commit: 0 };
  return {
    version: () => (version += 1),
    chain: () => (chain += 1),
    commit: () => (commit += 1),
  };
}

/** Writes a UUID, given as its hexadecimal digits, the usual way. */
export function readUuid(digits: string): string {
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`;
}
