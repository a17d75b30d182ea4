import { type ListQuery, type Page, StorageError, type VersionHeader } from "@minference/ecs";
import type { SqlDialect } from "../query/dialect.ts";
import type { Work } from "../query/work.ts";
import { readHeader } from "./load-versions.ts";
import type { ListedRow, ReadStatements } from "./read-statements.ts";

/** The chain and position that the page before ended with. */
interface Cursor {
  readonly chain: number;
  readonly seq: number;
}

/**
 * Checks a listing before any work is done.
 *
 * @throws {StorageError} `invalid` for a limit below one or a cursor that is none
 */
export function checkListQuery(query: ListQuery): Cursor {
  if (!Number.isSafeInteger(query.limit) || query.limit < 1) {
    throw new StorageError("invalid", `limit must be a whole number of at least 1, not ${query.limit}`);
  }
  if (query.after === undefined) return { chain: 0, seq: 0 };
  const parts = /^(\d{1,15})\.(\d{1,9})$/.exec(query.after);
  if (parts === null) throw new StorageError("invalid", `"${query.after}" is not the next of a page`);
  return { chain: Number(parts[1]), seq: Number(parts[2]) };
}

/** Lists versions by type, oldest chain first and, with `all`, each chain from its first version to its last. */
export function* listVersions(
  dialect: SqlDialect,
  statements: ReadStatements,
  query: ListQuery,
  { chain, seq }: Cursor,
): Work<Page<VersionHeader>> {
  const limit = query.limit + 1;
  const following = query.versions === "heads" ? statements.listHeads : statements.listChains;
  const rows: ListedRow[] = [];
  for (const type of new Set(query.types)) {
    if (query.versions === "all" && chain > 0) rows.push(...(yield* statements.listRestOfChain({ type, chain, seq, limit })));
    rows.push(...(yield* following({ type, chain, seq, limit })));
  }
  const page = rows.toSorted((a, b) => a.chain - b.chain || a.seq - b.seq).slice(0, query.limit);
  const last = page.at(-1);
  const next = last === undefined || page.length === rows.length ? null : `${last.chain}.${last.seq}`;
  return { items: page.map((row) => readHeader(dialect, row)), next };
}
