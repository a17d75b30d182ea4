import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { type AnyEntityClass, StorageError } from "@minference/ecs";
import BetterSqlite3, { type Database } from "better-sqlite3";
import { Kysely, SqliteDialect } from "kysely";
import { KyselyStorage } from "../kysely-storage.ts";
import { checkMigrations, migrate, migrationState } from "../schema/migrate.ts";
import { migrationTable } from "../schema/migrations.ts";
import { openTables } from "../tables/migrate-tables.ts";
import { wantedTables } from "../tables/wanted-tables.ts";
import { type Patience, patiently } from "./patience.ts";
import { SqliteEngine } from "./sqlite-engine.ts";
import { sqliteError } from "./sqlite-error.ts";
import { sqliteSchema } from "./sqlite-schema.ts";
import type { WriterFile } from "./writer-order.ts";

/** How to open a SQLite store. */
export interface SqliteOptions {
  /** Opens an existing store for reading alone; commits fail with `read_only`. Default: false. */
  readonly readonly?: boolean;
  /**
   * `full` (default) waits until a commit has reached the disk, so that it outlives a power failure; `normal` lets it outlive this
   * process only, and is faster where commits come one at a time.
   */
  readonly synchronous?: "full" | "normal";
  /**
   * Classes that get typed tables, to be asked by SQL; see `docs/sql.md`. They are made where nothing has to be filled in, else this is refused with
   * `outdated_tables`. A store keeps them whether or not a program that opens it names them.
   */
  readonly tables?: readonly AnyEntityClass[];
  /**
   * Whether many commits at once are written by a thread, so that they and the disk do not hold up this one. It is started when it is first
   * needed. Default: true; give false where the program is bundled into one file, which the thread's own program is not found in.
   */
  readonly writerThread?: boolean;
  /** Classes without a table of their own that get an index for each field marked `indexed`. */
  readonly indexes?: readonly AnyEntityClass[];
  /** Milliseconds to wait for other processes that write, before `busy`. Default: 10 000. */
  readonly busyTimeout?: number;
}

/**
 * Opens the store in a SQLite file, and makes it where there is none. Several processes may have one file open. `:memory:` is a store
 * that ends with the process.
 *
 * @throws {StorageError} `unreachable`, `read_only`, `corrupt`, `newer_store`, `outdated_tables`, `busy`, or `invalid` for a file that holds something else
 */
export async function openSqlite(path: string, options: SqliteOptions = {}): Promise<KyselyStorage> {
  if (path.trim() === "" || path.includes("\u0000")) {
    throw new StorageError("invalid", 'A SQLite store is opened by the path of its file, or ":memory:"');
  }
  const patience: Patience = { path, busyTimeout: options.busyTimeout ?? 10_000 };
  const wanted = wantedTables(options);
  let database: Database | undefined;
  try {
    database = new BetterSqlite3(path, { readonly: options.readonly ?? false, timeout: 0 });
    await prepareDatabase(database, patience, options);
    const durable = !database.memory;
    const engine = new SqliteEngine(database, patience, writerFile(database, options));
    await openTables(engine, wanted, options.readonly);
    return new KyselyStorage(engine, { durable, sharedBetweenProcesses: durable });
  } catch (error) {
    database?.close();
    throw sqliteError(error instanceof TypeError ? unopened(error) : error, path);
  }
}

/**
 * Looks which migrations a SQLite store has and lacks, without changing it; a file that does not exist has none.
 *
 * @throws {StorageError} as {@link openSqlite}
 */
export async function sqliteMigrations(
  path: string,
): Promise<{ readonly applied: readonly string[]; readonly pending: readonly string[] }> {
  if (!existsSync(path)) return migrationState(sqliteSchema, []);
  if (statSync(path).isDirectory())
    throw new StorageError("unreachable", `SQLite database ${path}: it is a directory; give the path of a file`);
  let database: Database | undefined;
  try {
    const opened = new BetterSqlite3(path, { readonly: true, timeout: 0 });
    database = opened;
    return await patiently({ path, busyTimeout: 10_000 }, () => migrationState(sqliteSchema, appliedMigrations(opened, path)));
  } catch (error) {
    throw sqliteError(error, path);
  } finally {
    database?.close();
  }
}

async function prepareDatabase(database: Database, patience: Patience, options: SqliteOptions): Promise<void> {
  if (options.readonly !== true && !database.memory) await patiently(patience, () => database.pragma("journal_mode = wal"));
  for (const pragma of connectionPragmas(options)) database.pragma(pragma);
  const state = await patiently(patience, () => checkMigrations(sqliteSchema, appliedMigrations(database, patience.path)));
  if (state === "current") return;
  if (options.readonly === true) {
    throw new StorageError(
      "read_only",
      `The SQLite store ${patience.path} has to be brought up to date first: open it once without readonly`,
    );
  }
  await migrateDatabase(database, patience);
}

/**
 * The pages that the log grows to, 16 MB, before it is folded into the file: a page that every commit writes is folded in once for all of them.
 * SQLite's own 1 000 made an append a tenth dearer, see https://www.sqlite.org/wal.html#performance_considerations.
 */
const mostLogPages = 4_000;

/** What each connection is set to. */
function connectionPragmas({ readonly, synchronous }: SqliteOptions): readonly string[] {
  const reading = ["foreign_keys = on", "trusted_schema = off"];
  if (readonly === true) return reading;
  return [
    ...reading,
    "secure_delete = on",
    `synchronous = ${synchronous === "normal" ? "normal" : "full"}`,
    `wal_autocheckpoint = ${mostLogPages}`,
  ];
}

/** Another connection would see another database where this one is in memory. */
function writerFile(database: Database, options: SqliteOptions): WriterFile | null {
  if (options.writerThread === false || database.memory || database.readonly) return null;
  return { path: resolve(database.name), pragmas: connectionPragmas(options) };
}

/** Migrates under the write lock: whoever else opens the file meanwhile waits, and then finds it done. */
async function migrateDatabase(database: Database, patience: Patience): Promise<void> {
  await patiently(patience, () => database.exec("begin immediate"));
  try {
    if (checkMigrations(sqliteSchema, appliedMigrations(database, patience.path)) === "behind") {
      const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) });
      await migrate(db, sqliteSchema, { disableTransactions: true });
    }
    database.exec("commit");
  } catch (error) {
    if (database.inTransaction) database.exec("rollback");
    throw error;
  }
}

function appliedMigrations(database: Database, path: string): string[] {
  const tables = database.prepare<[], string>("select name from sqlite_schema where type = 'table'").pluck().all();
  if (tables.includes(migrationTable)) {
    return database.prepare<[], string>(`select name from ${migrationTable} order by name`).pluck().all();
  }
  const other = tables.find((name) => ["chain", "version", "edge", "commit"].includes(name));
  if (other === undefined) return [];
  throw new StorageError("invalid", `The SQLite database ${path} holds a table "${other}" of something else: choose another path`);
}

/** better-sqlite3 reports a missing directory as a TypeError. */
function unopened(error: TypeError): StorageError | TypeError {
  return error.message.includes("directory does not exist")
    ? new StorageError("unreachable", "The directory of the SQLite database does not exist: create it or choose another path", {
        cause: error,
      })
    : error;
}
