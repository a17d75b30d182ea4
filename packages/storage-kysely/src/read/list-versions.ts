import type { ListQuery, Page, VersionHeader } from "@minference/ecs";
import type { SqlDialect } from "../query/dialect.ts";
import type { Work } from "../query/work.ts";
import { type Cursor, cursorText } from "./cursor.ts";
import { readHeader } from "./load-versions.ts";
import type { ListedRow, ReadStatements } from "./read-statements.ts";

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
  const next = last === undefined || page.length === rows.length ? null : cursorText(last);
  return { items: page.map((row) => readHeader(dialect, row)), next };
}
