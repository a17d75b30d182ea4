import { checkPage, type Page, StorageError, type VersionHeader } from "@minference/ecs";

/** A header with its place. */
export interface Listed {
  readonly header: VersionHeader;
  readonly chain: number;
  readonly version: number;
}

/** Picks the page of a listing that a query asks for. */
export function pageOf(
  listed: readonly Listed[],
  { versions, limit, after }: { readonly versions: string; readonly limit: number; readonly after?: string },
): Page<VersionHeader> {
  checkPage({ versions, limit });
  const [afterChain, afterVersion] = readCursor(after);
  const rest = listed.filter(({ chain, version }) => chain > afterChain || (chain === afterChain && version > afterVersion));
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  const next = last === undefined || items.length === rest.length ? null : `${last.chain}.${last.version}`;
  return { items: items.map(({ header }) => header), next };
}

function readCursor(cursor: string | undefined): [chain: number, version: number] {
  if (cursor === undefined) return [-1, -1];
  const [chain, version] = cursor.split(".").map(Number);
  if (!Number.isInteger(chain) || !Number.isInteger(version) || chain === undefined || version === undefined) {
    throw new StorageError("invalid", `"${cursor}" is not the next of a page`);
  }
  return [chain, version];
}
