import { StorageError } from "@minference/ecs";
import type { SqlEngine } from "../query/sql-engine.ts";
import type { Work } from "../query/work.ts";
import { changeTables } from "./change-tables.ts";
import { refuseDependents } from "./dependents.ts";
import { lacking } from "./merge-tables.ts";
import { planTables, type StoreState, type TablePlan } from "./plan-tables.ts";
import { fillTable } from "./fill-table.ts";
import { insistently } from "./insistently.ts";
import { readCatalog, statement, type StoredTable } from "./table-catalog.ts";
import { hasType } from "./take-types.ts";
import type { TableDialect } from "./table-dialect.ts";
import type { WantedTable } from "./table-mapping.ts";

/** What became, or would become, of one typed table. */
export interface TableChange {
  readonly table: string;
  /** What is new about it, for people. */
  readonly reasons: readonly string[];
  /** The statements, in order; the arguments of those that fill it are ids of versions. */
  readonly statements: readonly string[];
}

/** Reads what a store holds, as far as it matters for its typed tables. */
export function* readState(dialect: TableDialect): Work<StoreState> {
  const { relation } = dialect;
  const tables = yield* readCatalog(dialect);
  // Goes from one type to the next by the index: there are few types and many chains.
  const types = yield* statement<{ type: string | null }>(`with recursive found(type) as (
    select (select min(type) from ${relation("chain")})
    union all
    select (select min(c.type) from ${relation("chain")} as c where c.type > found.type) from found where found.type is not null
  ) select type from found where type is not null`);
  const [last] = yield* statement<{ last: number }>(`select coalesce(max(vid), 0) as last from ${relation("version")}`);
  return { tables, types: new Set(types.map(({ type }) => type ?? "")), last: last?.last ?? 0 };
}

/**
 * Makes sure that a store has the tables that classes want. What needs nothing but an empty table is made; what would have to be filled
 * from what is stored is left to those who look after the store.
 *
 * @throws {StorageError} `outdated_tables`, `read_only`
 */
export async function openTables(engine: SqlEngine, wanted: readonly WantedTable[], isReadonly = false): Promise<void> {
  if (wanted.length === 0) return;
  const dialect = engine.dialect.tables;
  const tables = await engine.read(() => readCatalog(dialect));
  if (wanted.every((each) => isServed(tables, each))) return;
  if (isReadonly) {
    throw new StorageError("read_only", `${describe(tables, wanted)}; open the store once without readonly, or ${command}`);
  }
  await insistently(() =>
    engine.maintain(function* work() {
      const state = yield* readState(dialect);
      const missing = wanted.filter((each) => !isServed(state.tables, each));
      const plans = planTables(dialect, state, missing);
      if (plans.some(({ hasRows, table }) => hasRows || table === null)) {
        throw new StorageError("outdated_tables", `${describe(state.tables, missing)}: ${command}`);
      }
      yield* carryOut(dialect, plans);
    }),
  );
}

const command = "run `minference-storage migrate --entities MODULE` with the module of the classes";

/** Tells whether one table takes all that is wanted, also that of another family; then no other of its kind may have these classes. */
function isServed(tables: readonly StoredTable[], wanted: WantedTable): boolean {
  const whole = tables.filter(({ filling }) => filling === null);
  return whole.some(({ mapping }) => lacking(mapping, wanted).length === 0) && holding(whole, wanted).length <= 1;
}

/** The tables of a kind that have some of the classes that are wanted. */
function holding(tables: readonly StoredTable[], { kind, classes }: WantedTable): StoredTable[] {
  return tables.filter(({ mapping }) => mapping.kind === kind && classes.some(({ type }) => hasType(mapping, type)));
}

function describe(tables: readonly StoredTable[], wanted: readonly WantedTable[]): string {
  const all = wanted.flatMap((each) => {
    const stored = tables.find(({ mapping, filling }) => filling === null && mapping.family === each.family);
    const others = holding(tables, each).filter(({ mapping }) => mapping.family !== each.family);
    const lacks = stored === undefined ? [`${each.family} has no table`] : lacking(stored.mapping, each);
    return [...lacks, ...others.map(({ mapping }) => `table ${mapping.table} has classes of ${each.family}`)];
  });
  return `The store's typed tables are not those of the classes (${all.slice(0, 5).join("; ")}${all.length > 5 ? "; …" : ""})`;
}

/** Tells what migrating would do. */
export function describePlans(dialect: TableDialect, state: StoreState, plans: readonly TablePlan[]): TableChange[] {
  return plans.map((plan, index) => {
    const isLast = index === plans.length - 1;
    const made = plans.flatMap(({ table }) => (table === null ? [] : { mapping: table.mapping, name: table.mapping.table }));
    const after = [...others(state, plans), ...made];
    return {
      table: plan.name,
      reasons: plan.reasons,
      statements: [
        ...plan.begin,
        ...(plan.hasRows ? plan.fill : []),
        ...plan.finish,
        ...(isLast ? [...dialect.dropTriggers, ...dialect.createTriggers(after)] : []),
      ],
    };
  });
}

/**
 * Brings typed tables up to date with classes: each that differs is made anew beside the old one, kept by triggers from then on, filled in
 * small batches, and put in its place. Others read and write meanwhile; another process that migrates takes part. Interrupted, it goes on where
 * it was.
 *
 * @throws {StorageError} `invalid` with the version that its class's table can't take; no table that had to be filled is changed then
 */
export async function migrateTables(engine: SqlEngine, wanted: readonly WantedTable[], rebuild: boolean): Promise<TableChange[]> {
  const dialect = engine.dialect.tables;
  const { changes, names, begun } = await insistently(() =>
    engine.maintain(function* work() {
      const state = yield* readState(dialect);
      const plans = planTables(dialect, state, wanted, rebuild);
      const planned = describePlans(dialect, state, plans);
      if (plans.length > 0) yield* carryOut(dialect, plans);
      const filling = plans.flatMap(({ table, begin, hasRows }) =>
        table !== null && hasRows ? { name: table.name, isNew: begin.length > 0 } : [],
      );
      return {
        changes: planned,
        names: filling.map(({ name }) => name),
        begun: filling.flatMap(({ name, isNew }) => (isNew ? name : [])),
      };
    }),
  );
  for (const table of await engine.read(() => readCatalog(dialect))) {
    if (table.filling !== null && names.includes(table.name)) await fillTable(engine, table, begun);
  }
  const unfinished = await insistently(() =>
    engine.maintain(function* work() {
      const state = yield* readState(dialect);
      const plans = planTables(dialect, state, wanted);
      const filled = plans.filter(({ table }) => {
        const filling = state.tables.find((stored) => stored.name === table?.name)?.filling;
        return filling !== undefined && filling !== null && filling.filled >= filling.until;
      });
      if (filled.length > 0) yield* finish(dialect, filled);
      return plans.length - filled.length;
    }),
  );
  if (unfinished === 0) return changes;
  throw new StorageError("busy", "Another process migrates the store's typed tables for other classes: try again");
}

/** Begins all plans, and finishes those that need not be filled. */
function* carryOut(dialect: TableDialect, plans: readonly TablePlan[]): Work<void> {
  yield* refuseDependents(
    dialect,
    plans.flatMap(({ replaced }) => replaced),
  );
  for (const sql of [...dialect.beforeChange, ...plans.flatMap(({ begin }) => begin)]) yield* statement(sql);
  yield* finish(
    dialect,
    plans.filter(({ hasRows }) => !hasRows),
  );
}

function* finish(dialect: TableDialect, plans: readonly TablePlan[]): Work<void> {
  yield* refuseDependents(
    dialect,
    plans.flatMap(({ replaced }) => replaced),
  );
  yield* changeTables(
    dialect,
    plans.flatMap((plan) => plan.finish),
  );
}

function others(state: StoreState, plans: readonly TablePlan[]): StoredTable[] {
  const replaced = new Set(plans.flatMap((plan) => plan.replaced.map(({ name }) => name)));
  return state.tables.filter(({ name, filling }) => filling === null && !replaced.has(name));
}
