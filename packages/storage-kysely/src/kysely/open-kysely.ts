import { type AnyEntityClass, StorageError } from "@minference/ecs";
import { type Dialect, Kysely, sql } from "kysely";
import { KyselyStorage } from "../kysely-storage.ts";
import { PostgresEngine } from "../postgres/postgres-engine.ts";
import { postgresError } from "../postgres/postgres-error.ts";
import { postgresSchema } from "../postgres/postgres-schema.ts";
import type { SqlEngine } from "../query/sql-engine.ts";
import { checkMigrations, migrate } from "../schema/migrate.ts";
import { migrationTable } from "../schema/migrations.ts";
import type { SchemaDialect } from "../schema/schema-dialect.ts";
import { sqliteError } from "../sqlite/sqlite-error.ts";
import { sqliteSchema } from "../sqlite/sqlite-schema.ts";
import { openTables } from "../tables/migrate-tables.ts";
import { wantedTables } from "../tables/wanted-tables.ts";
import { KyselyPool } from "./kysely-pool.ts";
import { SqlitePoolEngine } from "./sqlite-pool-engine.ts";

/** How to open a store on a ready-made Kysely instance or dialect. */
export interface KyselyOptions {
  /** Which SQL it speaks. */
  readonly flavour: "sqlite" | "postgres";
  /** The Postgres schema that holds the store's tables; made when it does not exist. Default: `minference`. */
  readonly schema?: string;
  /** What the store can do; depends on what is behind the instance. Default: nothing. */
  readonly durable?: boolean;
  readonly sharedBetweenProcesses?: boolean;
  /** Classes that get typed tables, to be asked by SQL. */
  readonly tables?: readonly AnyEntityClass[];
  /** Classes without a table of their own that get an index for each field marked `indexed`. */
  readonly indexes?: readonly AnyEntityClass[];
}

/**
 * Opens a store on a Kysely dialect, which is let go of when the store is closed, or on a Kysely instance, which stays the caller's.
 * Everything else is set up by whoever makes it: for SQLite `foreign_keys`, the journal and busy timeout; for Postgres `bigint` has
 * to be read as a number and `json` as its text. Where there is a single connection, as PGlite's, nothing but this
 * instance may use it.
 *
 * @throws {StorageError} `invalid` where values are read in another form; `newer_store`, `outdated_tables`, `unreachable`
 */
export async function openKysely<Database>(source: Kysely<Database> | Dialect, options: KyselyOptions): Promise<KyselyStorage> {
  const owned = "createDriver" in source;
  const kysely = owned ? new Kysely<unknown>({ dialect: source }) : withoutTables(source);
  const schema = options.schema ?? "minference";
  const wanted = wantedTables(options);
  const isPostgres = options.flavour === "postgres";
  try {
    await kysely.connection().execute((connection) => (isPostgres ? preparePostgres(connection, schema) : prepareSqlite(connection)));
    const pool = new KyselyPool(kysely, owned);
    const engine: SqlEngine = isPostgres
      ? new PostgresEngine(pool, schema, "the given instance")
      : new SqlitePoolEngine(pool, "of the given instance");
    await openTables(engine, wanted);
    return new KyselyStorage(engine, {
      durable: options.durable ?? false,
      sharedBetweenProcesses: options.sharedBetweenProcesses ?? false,
    });
  } catch (error) {
    if (owned) await kysely.destroy();
    throw isPostgres ? postgresError(error, "the given instance") : sqliteError(error, "of the given instance");
  }
}

function withoutTables<Database>(kysely: Kysely<Database>): Kysely<unknown> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- which tables the caller has typed is nothing to statements that are written out
  return kysely.withoutPlugins() as unknown as Kysely<unknown>;
}

async function prepareSqlite(connection: Kysely<unknown>): Promise<void> {
  await sql`begin immediate`.execute(connection);
  try {
    const { rows } = await sql<{ name: string }>`select name from sqlite_schema where type = 'table'`.execute(connection);
    const isStore = rows.some(({ name }) => name === migrationTable);
    await bringUpToDate(connection, sqliteSchema, isStore ? sql.id(migrationTable) : null, {});
    await sql`commit`.execute(connection);
  } catch (error) {
    await sql`rollback`.execute(connection);
    throw error;
  }
}

async function preparePostgres(connection: Kysely<unknown>, schema: string): Promise<void> {
  const form = await sql<{ id: unknown; content: unknown }>`select 1::bigint as id, '[1]'::json as content`.execute(connection);
  const [row] = form.rows;
  if (row?.id !== 1 || row.content !== "[1]") {
    throw new StorageError(
      "invalid",
      "The given instance has to read bigint as a number and json as its text: set the type parsers of its driver",
    );
  }
  await sql`select pg_advisory_lock(hashtextextended(${`minference ${schema}`}, 0))`.execute(connection);
  try {
    const { rows } = await sql<{ found: boolean }>`
      select exists (select 1 from pg_tables where schemaname = ${schema} and tablename = ${migrationTable}) as found`.execute(connection);
    await bringUpToDate(
      connection.withSchema(schema),
      postgresSchema(schema),
      rows[0]?.found === true ? sql.id(schema, migrationTable) : null,
      { schema },
    );
  } finally {
    await sql`select pg_advisory_unlock(hashtextextended(${`minference ${schema}`}, 0))`.execute(connection);
  }
}

async function bringUpToDate(
  connection: Kysely<unknown>,
  dialect: SchemaDialect,
  migrations: ReturnType<typeof sql.id> | null,
  options: { readonly schema?: string },
): Promise<void> {
  const applied =
    migrations === null ? [] : (await sql<{ name: string }>`select name from ${migrations} order by name`.execute(connection)).rows;
  const state = checkMigrations(
    dialect,
    applied.map(({ name }) => name),
  );
  if (state === "behind") await migrate(connection, dialect, { ...options, disableTransactions: true });
}
