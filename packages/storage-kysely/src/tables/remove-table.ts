import { forgetTable, type StoredTable } from "./table-catalog.ts";
import type { TableDialect } from "./table-dialect.ts";
import { viewsOf } from "./view-sql.ts";

/** Writes what takes a table away, with its views. */
export function removeTable(dialect: TableDialect, { name, mapping, filling }: StoredTable): string[] {
  const views = filling === null ? viewsOf(mapping).toReversed() : [];
  return [
    ...views.map((view) => `drop view if exists ${dialect.relation(view)}`),
    `drop table ${dialect.relation(name)}`,
    forgetTable(dialect, name),
  ];
}
