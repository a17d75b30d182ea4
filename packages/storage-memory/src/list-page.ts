import { type ListQuery, type Page, StorageError } from "@minference/ecs";
import type { Chain, MemoryVersion } from "./history.ts";

/**
 * Lists versions oldest chain first and, with `all`, each chain from its first version to its last. A cursor is the place of
 * a chain and the number of its versions already listed.
 *
 * @throws {StorageError} `invalid` for a limit below one or a cursor that is none
 */
export function listPage(chains: readonly Chain[], query: ListQuery): Page<MemoryVersion> {
  if (!Number.isSafeInteger(query.limit) || query.limit < 1) {
    throw new StorageError("invalid", `limit must be a whole number of at least 1, not ${query.limit}`);
  }
  const types = new Set(query.types);
  const items: MemoryVersion[] = [];
  let [place, listed] = readCursor(query.after);
  let cursor: string | null = null;
  for (; place < chains.length; place += 1) {
    const chain = chains[place];
    const versions = chain === undefined || !types.has(chain.type) ? [] : chain.versions;
    if (query.versions === "heads" && listed === 0) listed = Math.max(0, versions.length - 1);
    for (; listed < versions.length; listed += 1) {
      if (items.length === query.limit) return { items, next: cursor };
      items.push(...versions.slice(listed, listed + 1));
      cursor = query.versions === "heads" ? `${place + 1}.0` : `${place}.${listed + 1}`;
    }
    listed = 0;
  }
  return { items, next: null };
}

function readCursor(cursor: string | undefined): [place: number, listed: number] {
  if (cursor === undefined) return [0, 0];
  const parts = /^(\d{1,15})\.(\d{1,15})$/.exec(cursor);
  if (parts === null) throw new StorageError("invalid", `"${cursor}" is not the next of a page`);
  return [Number(parts[1]), Number(parts[2])];
}
