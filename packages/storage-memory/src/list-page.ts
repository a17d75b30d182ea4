import {
  checkFieldQuery,
  checkPage,
  type ListQuery,
  matchesFilters,
  type Page,
  pageByField,
  type ReferrerQuery,
  StorageError,
} from "@minference/ecs";
import type { Chain, MemoryVersion } from "./history.ts";
import { holdingSpans } from "./holding-spans.ts";

/**
 * Lists versions by type.
 *
 * @throws {StorageError} `invalid` for a limit below one or a cursor that is none
 */
export function listPage(chains: readonly Chain[], query: ListQuery): Page<MemoryVersion> {
  const types = new Set(query.types);
  const { where = [], orderBy, versions } = query;
  checkFieldQuery(query);
  const ofType = chains.values().filter(({ type }) => types.has(type));
  const matches = ({ payload }: MemoryVersion) => where.length === 0 || matchesFilters(JSON.parse(payload.text), where);
  if (orderBy === undefined) return page(ofType, query, matches);
  checkPage(query);
  const found = ofType.flatMap((chain) => (versions === "heads" ? chain.versions.slice(-1) : chain.versions)).filter(matches);
  const placed = [...found].map((version) => ({
    version,
    chain: version.chain.place,
    seq: version.seq,
    payload: JSON.parse(version.payload.text),
  }));
  const { items, next } = pageByField(placed, orderBy, query);
  return { items: items.map(({ version }) => version), next };
}

/**
 * Lists versions that hold any of some others.
 *
 * @throws {StorageError} `invalid` for a limit below one or a cursor that is none
 */
export function referrerPage(held: readonly MemoryVersion[], query: ReferrerQuery): Page<MemoryVersion> {
  const spans = holdingSpans(held);
  const chains = [...spans.keys()].toSorted((a, b) => a.place - b.place);
  const holds = ({ chain, seq }: MemoryVersion) =>
    spans.get(chain)?.some(({ from, to }) => from <= seq && (to === null || seq <= to)) ?? false;
  return page(chains.values(), query, holds);
}

/** Takes a page of the versions of chains, oldest chain first. A cursor is the place of the last one's chain, and its position there. */
function page(
  chains: IteratorObject<Chain>,
  { versions, limit, after }: Pick<ListQuery, "versions" | "limit" | "after">,
  include: (version: MemoryVersion) => boolean,
): Page<MemoryVersion> {
  checkPage({ versions, limit });
  const { place, seq } = readCursor(after);
  const items: MemoryVersion[] = [];
  for (const chain of chains) {
    if (chain.place < place || (chain.place === place && versions === "heads")) continue;
    for (const version of versions === "heads" ? chain.versions.slice(-1) : chain.versions) {
      if ((chain.place === place && version.seq <= seq) || !include(version)) continue;
      const last = items.at(-1);
      if (items.length === limit && last !== undefined) return { items, next: `${last.chain.place}.${last.seq}` };
      items.push(version);
    }
  }
  return { items, next: null };
}

function readCursor(cursor: string | undefined): { place: number; seq: number } {
  if (cursor === undefined) return { place: -1, seq: 0 };
  const parts = /^(\d{1,15})\.(\d{1,15})$/.exec(cursor);
  if (parts === null) throw new StorageError("invalid", `"${cursor}" is not the next of a page`);
  return { place: Number(parts[1]), seq: Number(parts[2]) };
}
