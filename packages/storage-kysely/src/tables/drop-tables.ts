import type { Work } from "../query/work.ts";
import { changeTables } from "./change-tables.ts";
import { readCatalog } from "./table-catalog.ts";
import type { TableDialect } from "./table-dialect.ts";
import { refuseDependents } from "./dependents.ts";
import { removeTable } from "./remove-table.ts";

/** Takes typed tables away, and gives the names of those that there were. */
export function* dropTables(dialect: TableDialect, names: readonly string[]): Work<string[]> {
  const found = (yield* readCatalog(dialect)).filter(({ mapping }) => names.includes(mapping.table));
  if (found.length === 0) return [];
  yield* refuseDependents(dialect, found);
  yield* changeTables(
    dialect,
    found.flatMap((table) => removeTable(dialect, table)),
  );
  return [...new Set(found.map(({ mapping }) => mapping.table))];
}
