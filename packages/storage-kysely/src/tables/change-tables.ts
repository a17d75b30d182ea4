import type { Work } from "../query/work.ts";
import { readCatalog, statement } from "./table-catalog.ts";
import type { TableDialect } from "./table-dialect.ts";

/** Carries out statements that change typed tables. Triggers go before them and come after: what they mention is there then. */
export function* changeTables(dialect: TableDialect, statements: readonly string[]): Work<void> {
  for (const sql of [...dialect.beforeChange, ...dialect.dropTriggers, ...statements]) yield* statement(sql);
  for (const sql of dialect.createTriggers(yield* readCatalog(dialect))) yield* statement(sql);
}
