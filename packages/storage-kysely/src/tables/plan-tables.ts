import { createHash } from "node:crypto";
import { forgetTable, noteTable, noteWhole, type StoredTable } from "./table-catalog.ts";
import { identifier } from "./sql-names.ts";
import { lacking, mergeTable } from "./merge-tables.ts";
import { nameTable } from "./name-table.ts";
import type { PlacedTable, TableDialect } from "./table-dialect.ts";
import type { TableMapping, WantedTable } from "./table-mapping.ts";
import { createIndexes, createTable, fillStatements } from "./table-sql.ts";
import { createViews, viewsOf } from "./view-sql.ts";

/** What a store holds, as far as it matters for its typed tables. */
export interface StoreState {
  readonly tables: readonly StoredTable[];
  /** The entity names of which there are versions. */
  readonly types: ReadonlySet<string>;
  /** The youngest version. */
  readonly last: number;
}

/** How one typed table comes to be what it has to be. */
export interface TablePlan {
  /** What is new about it, for people. */
  readonly reasons: readonly string[];
  /** Whether versions are stored that it has to be filled with. */
  readonly hasRows: boolean;
  readonly table: PlacedTable;
  /** Makes it under another name; from then on triggers keep it, too. */
  readonly begin: readonly string[];
  /** Fills it with what was stored before, some ids at a time. */
  readonly fill: readonly string[];
  /** Puts it in the place of the one before. */
  readonly finish: readonly string[];
}

/**
 * Plans what has to be done for some tables; nothing for those that are as they are wanted.
 *
 * @param rebuild - makes these anew, too
 */
export function planTables(dialect: TableDialect, state: StoreState, wanted: readonly WantedTable[], rebuild = false): TablePlan[] {
  const known = state.tables.map(({ mapping }) => mapping);
  return wanted.flatMap((each) => {
    const plan = planTable(dialect, state, each, known, rebuild);
    if (plan !== null) known.push(plan.table.mapping);
    return plan ?? [];
  });
}

function planTable(
  dialect: TableDialect,
  state: StoreState,
  wanted: WantedTable,
  known: readonly TableMapping[],
  rebuild: boolean,
): TablePlan | null {
  const ofFamily = state.tables.filter(({ mapping }) => mapping.family === wanted.family);
  const stored = ofFamily.find(({ filling }) => filling === null) ?? null;
  const filling = ofFamily.find((table) => table.filling !== null) ?? null;
  const types = new Set([...(stored?.mapping.classes ?? []), ...wanted.classes].map(({ type }) => type));
  const hasRows = [...types].some((type) => state.types.has(type));
  const merged = stored === null ? wanted : mergeTable(stored.mapping, wanted, hasRows);
  if (!rebuild && filling === null && stored !== null && isSame(stored.mapping, merged)) return null;
  if (filling !== null && isSame(filling.mapping, merged)) return planOf(dialect, filling, stored, hasRows, []);
  const mapping = nameTable(merged, stored?.mapping ?? null, known);
  const table = { mapping, name: fillingName(mapping) };
  const abandon = filling === null ? [] : [`drop table ${dialect.relation(filling.name)}`, forgetTable(dialect, filling.name)];
  const begin = [...abandon, createTable(dialect, table), ...createIndexes(dialect, table), noteTable(dialect, table, state.last)];
  return planOf(dialect, table, stored, hasRows, begin);
}

function planOf(
  dialect: TableDialect,
  table: PlacedTable,
  stored: StoredTable | null,
  hasRows: boolean,
  begin: readonly string[],
): TablePlan {
  const { mapping } = table;
  const replaced =
    stored === null
      ? []
      : [
          ...viewsOf(stored.mapping)
            .toReversed()
            .map((view) => `drop view ${dialect.relation(view)}`),
          `drop table ${dialect.relation(stored.name)}`,
          forgetTable(dialect, stored.name),
        ];
  return {
    reasons:
      stored === null ? [`${mapping.family} has no table`] : [...lacking(stored.mapping, mapping), ...dropped(stored.mapping, mapping)],
    hasRows,
    table,
    begin,
    fill: fillStatements(dialect, table),
    finish: [
      ...replaced,
      `alter table ${dialect.relation(table.name)} rename to ${identifier(mapping.table)}`,
      noteWhole(dialect, table),
      ...createViews(dialect, mapping),
    ],
  };
}

function namedFields({ columns, references, members }: TableMapping): string[] {
  return [...columns, ...references, ...members].map(({ field }) => field);
}

function dropped(stored: TableMapping, next: TableMapping): string[] {
  const kept = new Set(namedFields(next));
  return namedFields(stored).flatMap((field) => (kept.has(field) ? [] : `${stored.family}.${field} is no longer a field`));
}

/** What a table is called while it is filled: otherwise for each mapping, so that nobody fills one that another process began for other classes. */
function fillingName(mapping: TableMapping): string {
  return `minference_new_${createHash("sha256").update(JSON.stringify(mapping)).digest("hex").slice(0, 16)}`;
}

function isSame(stored: WantedTable, wanted: WantedTable): boolean {
  return stored.kind === wanted.kind && JSON.stringify(stored.classes) === JSON.stringify(wanted.classes);
}
