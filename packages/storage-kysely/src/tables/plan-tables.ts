import { createHash } from "node:crypto";
import { noteTable, noteWhole, type StoredTable } from "./table-catalog.ts";
import { identifier } from "./sql-names.ts";
import { lacking, mergeTable, ofAnyLength } from "./merge-tables.ts";
import { nameTable } from "./name-table.ts";
import type { PlacedTable, TableDialect } from "./table-dialect.ts";
import type { TableMapping, WantedTable } from "./table-mapping.ts";
import { createIndexes, createTable, fillStatements } from "./table-sql.ts";
import { hasType, keptClasses, takenClasses, takeTypes } from "./take-types.ts";
import { createViews } from "./view-sql.ts";
import { removeTable } from "./remove-table.ts";

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
  /** What it is called once that is done. */
  readonly name: string;
  /** What is new about it, for people. */
  readonly reasons: readonly string[];
  /** Whether versions are stored that it has to be filled with. */
  readonly hasRows: boolean;
  /** Null where it is only taken away. */
  readonly table: PlacedTable | null;
  /** The whole tables that are gone after it. */
  readonly replaced: readonly StoredTable[];
  /** Makes it under another name; from then on triggers keep it, too. */
  readonly begin: readonly string[];
  /** Fills it with what was stored before, some ids at a time. */
  readonly fill: readonly string[];
  /** Puts it in the place of the one before. */
  readonly finish: readonly string[];
}

/**
 * Plans what has to be done for some tables; nothing for those that are as they are wanted. Classes that are in the tables of other families
 * are taken out of these.
 *
 * @param rebuild - makes these anew, too
 */
export function planTables(dialect: TableDialect, state: StoreState, wanted: readonly WantedTable[], rebuild = false): TablePlan[] {
  const known = state.tables.map(({ mapping }) => mapping);
  const { shrunk, emptied } = takeTypes(state.tables, wanted);
  const waiting = new Set(emptied);
  return [...wanted, ...shrunk].flatMap((each) => {
    const gone = [...waiting].filter(({ mapping }) => mapping.classes.some(({ type }) => hasType(each, type)));
    for (const table of gone) waiting.delete(table);
    const plan = planTable(dialect, state, each, { wanted, known, gone, rebuild: rebuild && wanted.includes(each) });
    if (plan === null) return gone.map((table) => planRemoval(dialect, table));
    if (plan.table !== null) known.push(plan.table.mapping);
    return plan;
  });
}

/** What else matters for the plan of a table. */
interface Surroundings {
  /** All that is wanted. */
  readonly wanted: readonly WantedTable[];
  readonly known: readonly TableMapping[];
  /** Tables of other families that go with it. */
  readonly gone: readonly StoredTable[];
  readonly rebuild: boolean;
}

function planTable(dialect: TableDialect, state: StoreState, wanted: WantedTable, surroundings: Surroundings): TablePlan | null {
  const { gone, rebuild } = surroundings;
  const ofFamily = state.tables.filter(({ mapping }) => mapping.family === wanted.family);
  const stored = ofFamily.find(({ filling }) => filling === null) ?? null;
  const filling = ofFamily.find((table) => table.filling !== null) ?? null;
  const before = tableBefore(state, stored, wanted, surroundings.wanted);
  const hasRows = [...before.classes, ...wanted.classes].some(({ type }) => state.types.has(type));
  const merged = mergeTable(before, wanted, state.types);
  if (!rebuild && filling === null && stored !== null && isSame(stored.mapping, merged)) return null;
  const replaced = [...(stored === null ? [] : [stored]), ...gone.filter((table) => table.filling === null)];
  const abandoned = gone.filter((table) => table.filling !== null);
  if (filling !== null && isSame(filling.mapping, merged)) {
    return planOf(dialect, filling, stored, { hasRows, replaced, begin: abandoned.flatMap((table) => removeTable(dialect, table)) });
  }
  const mapping = nameTable(merged, stored?.mapping ?? null, surroundings.known);
  const table = { mapping, name: fillingName(mapping) };
  const begin = [
    ...[...(filling === null ? [] : [filling]), ...abandoned].flatMap((each) => removeTable(dialect, each)),
    createTable(dialect, table),
    ...createIndexes(dialect, table),
    noteTable(dialect, table, state.last),
  ];
  return planOf(dialect, table, stored, { hasRows, replaced, begin });
}

/** What there is of a table before it is made what is wanted: its classes that no other family wants, and those that it takes from others. */
function tableBefore(state: StoreState, stored: StoredTable | null, wanted: WantedTable, all: readonly WantedTable[]): WantedTable {
  const taken = takenClasses(state.tables, wanted);
  if (stored === null) {
    return { ...wanted, classes: wanted.classes.map((each) => taken.find(({ type }) => type === each.type) ?? ofAnyLength(each)) };
  }
  const { family, kind } = stored.mapping;
  const kept = keptClasses(stored.mapping, all);
  const joining = kind === wanted.kind ? taken.filter(({ type }) => !hasType({ classes: kept }, type)) : [];
  return { family, kind, classes: [...kept, ...joining] };
}

function planOf(
  dialect: TableDialect,
  table: PlacedTable,
  stored: StoredTable | null,
  { hasRows, replaced, begin }: Pick<TablePlan, "hasRows" | "replaced" | "begin">,
): TablePlan {
  const { mapping } = table;
  const { family } = mapping;
  return {
    name: mapping.table,
    reasons: stored === null ? [`${family} has no table`] : [...lacking(stored.mapping, mapping), ...dropped(stored.mapping, mapping)],
    hasRows,
    table,
    replaced,
    begin,
    fill: fillStatements(dialect, table),
    finish: [
      ...replaced.flatMap((each) => removeTable(dialect, each)),
      `alter table ${dialect.relation(table.name)} rename to ${identifier(mapping.table)}`,
      noteWhole(dialect, table),
      ...createViews(dialect, mapping),
    ],
  };
}

/** Plans to take a table away whose classes are all in another. */
function planRemoval(dialect: TableDialect, table: StoredTable): TablePlan {
  const reasons = table.mapping.classes.map(({ type }) => `${type} is in another table`);
  const finish = removeTable(dialect, table);
  return { name: table.mapping.table, reasons, hasRows: false, table: null, replaced: [table], begin: [], fill: [], finish };
}

function namedFields({ columns, references, members }: TableMapping): string[] {
  return [...columns, ...references, ...members].map(({ field }) => field);
}

function dropped(stored: TableMapping, next: TableMapping): string[] {
  const kept = new Set(namedFields(next));
  return [
    ...stored.classes.flatMap(({ type }) => (hasType(next, type) ? [] : `${type} is in another table`)),
    ...namedFields(stored).flatMap((field) => (kept.has(field) ? [] : `${stored.family}.${field} is no longer a field`)),
  ];
}

/** What a table is called while it is filled: otherwise for each mapping, so that nobody fills one that another process began for other classes. */
function fillingName(mapping: TableMapping): string {
  return `minference_new_${createHash("sha256").update(JSON.stringify(mapping)).digest("hex").slice(0, 16)}`;
}

function isSame(stored: WantedTable, wanted: WantedTable): boolean {
  return stored.kind === wanted.kind && JSON.stringify(stored.classes) === JSON.stringify(wanted.classes);
}
