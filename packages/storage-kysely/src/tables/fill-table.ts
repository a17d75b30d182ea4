import { setTimeout } from "node:timers/promises";
import { StorageError } from "@minference/ecs";
import type { SqlEngine } from "../query/sql-engine.ts";
import type { Work } from "../query/work.ts";
import { noteFilled, readCatalog, statement, type StoredTable } from "./table-catalog.ts";
import { changeTables } from "./change-tables.ts";
import { insistently } from "./insistently.ts";
import { removeTable } from "./remove-table.ts";
import type { TableDialect } from "./table-dialect.ts";
import { fillStatements } from "./table-sql.ts";

/** Ids of versions that one transaction fills a table with, at first; then as many as take some milliseconds. */
const firstBatch = 200;
const mostIds = 20_000;
/** Milliseconds that a batch should take, so that no writer waits long. */
const batchTime = 30;

/**
 * Fills a table with what was stored before its triggers were made, in small batches.
 *
 * @param begun - the names of all tables that are given up with it, as far as they are still being filled
 * @throws {StorageError} `invalid` with the version that the table does not take; it is given up then
 */
export async function fillTable(engine: SqlEngine, table: StoredTable, begun: readonly string[]): Promise<void> {
  const dialect = engine.dialect.tables;
  const statements = fillStatements(dialect, table);
  let size = firstBatch;
  for (let isWhole = false; !isWhole; ) {
    const start = performance.now();
    try {
      isWhole = await engine.maintain(() => fillBatch(dialect, table.name, statements, size));
    } catch (error) {
      if (!StorageError.is(error) || error.code !== "invalid") throw error;
      if (size === 1) throw await giveUp(engine, table, begun, error);
      // Closes in on the one that does not fit.
      size = Math.ceil(size / 4);
      continue;
    }
    const time = performance.now() - start;
    size = Math.min(mostIds, Math.ceil(size * Math.min(2, Math.max(0.25, batchTime / time))));
    await setTimeout(time);
  }
}

/** Fills in the next ids, and tells whether that was all. */
function* fillBatch(dialect: TableDialect, name: string, statements: readonly string[], size: number): Work<boolean> {
  const filling = (yield* readCatalog(dialect)).find((table) => table.name === name)?.filling ?? null;
  if (filling === null || filling.filled >= filling.until) return true;
  const upTo = Math.min(filling.filled + size, filling.until);
  for (const sql of statements) yield* statement(sql, [filling.filled, upTo]);
  yield* statement(noteFilled(dialect, name), [upTo]);
  return upTo === filling.until;
}

/**
 * Takes a table away that can't be filled, and those that were begun with it, so that they refuse nothing that others write; and says which
 * version it was.
 */
async function giveUp(
  engine: SqlEngine,
  { name, mapping }: StoredTable,
  begun: readonly string[],
  cause: StorageError,
): Promise<StorageError> {
  const { tables: dialect } = engine.dialect;
  const found = await insistently(() =>
    engine.maintain(function* work() {
      const unfinished = (yield* readCatalog(dialect)).filter(({ filling }) => filling !== null);
      const filled = unfinished.find((table) => table.name === name)?.filling?.filled ?? 0;
      const id = dialect.uuid("ecs_id");
      const rows = yield* statement<{ id: string }>(
        `select ${id} as id from ${dialect.relation("version")} where vid > ${filled} order by vid limit 1`,
      );
      const given = unfinished.filter((table) => table.name === name || begun.includes(table.name));
      yield* changeTables(
        dialect,
        given.flatMap((table) => removeTable(dialect, table)),
      );
      return rows[0]?.id ?? "";
    }),
  );
  const advice = "let its fields be null, admit its values, or raise the schemaVersion with an upcast";
  return new StorageError("invalid", `Version ${found} does not fit the class of table ${mapping.table}: ${advice} (${cause.message})`, {
    cause,
  });
}
