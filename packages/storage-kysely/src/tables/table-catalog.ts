import { createHash } from "node:crypto";
import type { Work } from "../query/work.ts";
import { readMapping } from "./read-mapping.ts";
import { literal } from "./sql-names.ts";
import type { PlacedTable, TableDialect } from "./table-dialect.ts";

/** A typed table that the store knows. */
export interface StoredTable extends PlacedTable {
  /** How far it is filled, as the id of a version, and up to which it has to be; null once it is whole. */
  readonly filling: { readonly filled: number; readonly until: number } | null;
}

interface CatalogRow {
  readonly name: string;
  readonly mapping: string;
  readonly filled: number | null;
  readonly until: number | null;
}

/** Carries out a statement that is written out. */
export function* statement<Row>(sql: string, parameters: readonly unknown[] = []): Work<readonly Row[]> {
  const name = `tables_${createHash("sha256").update(sql).digest("hex").slice(0, 32)}`;
  const [reply] = yield [{ name, sql, parameters, each: null }];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the caller names the columns that its statement selects
  return (reply?.rows ?? []) as readonly Row[];
}

/** Reads which typed tables a store has. */
export function* readCatalog({ relation }: TableDialect): Work<readonly StoredTable[]> {
  const rows = yield* statement<CatalogRow>(`select name, mapping, filled, until from ${relation("typed_table")} order by name`);
  return rows.map(({ name, mapping, filled, until }) => ({
    name,
    mapping: readMapping(name, mapping),
    filling: filled === null || until === null ? null : { filled, until },
  }));
}

/**
 * Writes what counts a table if it is whole and still mapped as it was read. A generation alone does not tell: one that was dropped and made
 * again has the first one.
 */
export function countSame({ relation }: TableDialect, { name, mapping }: PlacedTable): string {
  return `select count(*) from ${relation("typed_table")} where name = ${literal(name)} and mapping = ${literal(JSON.stringify(mapping))} and filled is null`;
}

/** Writes what notes a table that is to be filled. */
export function noteTable({ relation }: TableDialect, { name, mapping }: PlacedTable, until: number): string {
  const values = [literal(name), String(mapping.generation), literal(JSON.stringify(mapping)), "0", String(until)];
  return `insert into ${relation("typed_table")} (name, generation, mapping, filled, until) values (${values.join(", ")})`;
}

/** Writes what notes how far a table is filled; its argument is the last id. */
export function noteFilled({ relation, parameter }: TableDialect, name: string): string {
  return `update ${relation("typed_table")} set filled = ${parameter(1)} where name = ${literal(name)}`;
}

/** Writes what notes that a table is whole and stands under its own name. */
export function noteWhole({ relation }: TableDialect, { name, mapping }: PlacedTable): string {
  return `update ${relation("typed_table")} set name = ${literal(mapping.table)}, filled = null, until = null where name = ${literal(name)}`;
}

/** Writes what forgets a table. */
export function forgetTable({ relation }: TableDialect, name: string): string {
  return `delete from ${relation("typed_table")} where name = ${literal(name)}`;
}
