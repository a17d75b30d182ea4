import type { Work } from "../query/work.ts";
import { readCatalog, statement } from "./table-catalog.ts";
import type { TableDialect } from "./table-dialect.ts";
import { refuseDependents } from "./dependents.ts";
import { removeTable } from "./remove-table.ts";

/** Takes typed tables away, and gives the names of those that there were. */
export function* dropTables(dialect: TableDialect, names: readonly string[]): Work<string[]> {
  const found = (yield* readCatalog(dialect)).filter(({ mapping }) => names.includes(mapping.table));
  if (found.length === 0) return [];
  yield* refuseDependents(dialect, found);
  for (const sql of [...dialect.beforeChange, ...dialect.dropTriggers]) yield* statement(sql);
  for (const sql of found.flatMap((table) => removeTable(dialect, table))) yield* statement(sql);
  for (const sql of dialect.createTriggers(yield* readCatalog(dialect))) yield* statement(sql);
  return [...new Set(found.map(({ mapping }) => mapping.table))];
}
