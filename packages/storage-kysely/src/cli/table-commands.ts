import type { KyselyStorage } from "../kysely-storage.ts";
import { describePlans, type TableChange } from "../tables/migrate-tables.ts";
import { planTables } from "../tables/plan-tables.ts";
import type { TableDialect } from "../tables/table-dialect.ts";
import { type TableClasses, wantedTables } from "../tables/wanted-tables.ts";

type Print = (line: string) => Promise<void>;

/** Tells what of the typed tables is not as classes want it, and whether that is nothing. */
export async function checkTables(storage: KyselyStorage, classes: TableClasses, print: Print): Promise<boolean> {
  const changes = await storage.planTables(classes);
  for (const { table, reasons } of changes) await print(`table ${table}: ${reasons.join("; ")}; run migrate`);
  if (changes.length === 0) await print("the typed tables are as the classes want them");
  return changes.length === 0;
}

/** Prints the statements that would bring typed tables up to date. */
export async function printPlan(changes: readonly TableChange[], print: Print): Promise<void> {
  for (const { table, reasons, statements } of changes) {
    await print(`-- table ${table}: ${reasons.join("; ").replaceAll(/\s+/g, " ")}`);
    for (const statement of statements) await print(`${statement};\n`);
  }
}

/** What would be done to a store that is not there yet. */
export function planNewStore(dialect: TableDialect, classes: TableClasses): readonly TableChange[] {
  const state = { tables: [], types: new Set<string>(), last: 0 };
  return describePlans(dialect, state, planTables(dialect, state, wantedTables(classes)));
}

/** Tells what was done to typed tables. */
export async function printChanges(changes: readonly TableChange[], print: Print): Promise<void> {
  for (const { table, reasons } of changes) await print(`made table ${table}: ${reasons.length === 0 ? "anew" : reasons.join("; ")}`);
}

/** Tells how many rows typed tables have. */
export async function printTables(storage: KyselyStorage, print: Print): Promise<void> {
  for (const { name, rows, isWhole } of await storage.typedTables()) {
    await print(`table ${name}: ${rows} rows${isWhole ? "" : ", being filled"}`);
  }
}
