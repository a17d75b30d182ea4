import type { Work } from "../query/work.ts";
import { readCatalog, statement } from "./table-catalog.ts";
import type { TableDialect } from "./table-dialect.ts";

/** A typed table of a store. */
export interface TypedTable {
  /** What it is called, or will be once it is whole; one that is migrated is listed twice. */
  readonly name: string;
  /** The entity names of the classes whose payloads are in it. */
  readonly types: readonly string[];
  readonly rows: number;
  /** Whether it has rows of all that is stored; while it is migrated, it has not. */
  readonly isWhole: boolean;
}

/** Counts the rows of typed tables. */
export function* countTables(dialect: TableDialect): Work<readonly TypedTable[]> {
  const tables: TypedTable[] = [];
  for (const { name, mapping, filling } of yield* readCatalog(dialect)) {
    const [count] = yield* statement<{ rows: number }>(`select count(*) as rows from ${dialect.relation(name)}`);
    tables.push({ name: mapping.table, types: mapping.classes.map(({ type }) => type), rows: count?.rows ?? 0, isWhole: filling === null });
  }
  return tables;
}
