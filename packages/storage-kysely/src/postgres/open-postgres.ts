import { type AnyEntityClass, StorageError } from "@minference/ecs";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg, { type Pool, type PoolConfig } from "pg";
import { KyselyStorage } from "../kysely-storage.ts";
import { checkMigrations, migrate, migrationState } from "../schema/migrate.ts";
import { migrationTable } from "../schema/migrations.ts";
import { openTables } from "../tables/migrate-tables.ts";
import { wantedTables } from "../tables/wanted-tables.ts";
import { type PostgresAddress, readConnection } from "./connection.ts";
import { PostgresEngine } from "./postgres-engine.ts";
import { postgresError } from "./postgres-error.ts";
import { postgresSchema } from "./postgres-schema.ts";
import { typeParsers } from "./type-parsers.ts";

/** How to open a Postgres store. */
export interface PostgresOptions {
  /** The schema that holds the store's tables; made when it does not exist. Default: `minference`. */
  readonly schema?: string;
  /**
   * Classes that get typed tables, to be asked by SQL; see `docs/sql.md`. They are made where nothing has to be filled in, else this is refused with
   * `outdated_tables`. A store keeps them whether or not a program that opens it names them.
   */
  readonly tables?: readonly AnyEntityClass[];
  /** Classes without a table of their own that get an index for each field marked `indexed`. */
  readonly indexes?: readonly AnyEntityClass[];
  /** Most connections at once; commits take one of them at a time, reads the others. Default: 10. */
  readonly poolSize?: number;
  /** Milliseconds until a statement is given up with `busy`. Default: 60 000. */
  readonly statementTimeout?: number;
  /** Milliseconds until connecting is given up with `unreachable`. Default: 10 000. */
  readonly connectionTimeout?: number;
}

/**
 * Every statement is meant to go by index from the rows it is given, whatever a table's size. Statistics are of no help there, and
 * misleading ones, as of a table that was empty a minute ago, would have a prepared statement scan it for as long as a connection lives.
 */
const plannerSettings = [
  "plan_cache_mode = force_generic_plan",
  "enable_seqscan = off",
  "enable_hashjoin = off",
  "enable_mergejoin = off",
  "enable_bitmapscan = off",
  "enable_sort = off",
  "jit = off",
];

/**
 * Opens the store in a Postgres database, and makes it where there is none. Any number of processes may share it.
 *
 * @param address - a `postgres://` or `postgresql://` URL, or its parts
 * @throws {StorageError} `invalid`, `unreachable`, `newer_store`, `outdated_tables`, or `read_only` where tables must be made and may not be
 */
export async function openPostgres(address: string | PostgresAddress, options: PostgresOptions = {}): Promise<KyselyStorage> {
  const { config, shown } = readConnection(address);
  const schema = schemaName(options);
  const wanted = wantedTables(options);
  const { statementTimeout = 60_000 } = options;
  if (!Number.isInteger(statementTimeout) || statementTimeout < 0 || statementTimeout >= 2 ** 31) {
    throw new StorageError("invalid", "statementTimeout: expected a whole number of milliseconds below 2^31; 0 for none");
  }
  const connection: PoolConfig = {
    ...config,
    connectionTimeoutMillis: options.connectionTimeout ?? 10_000,
    application_name: "minference",
    types: typeParsers(),
  };
  const pool = newPool({
    ...connection,
    max: options.poolSize ?? 10,
    pipeline: true,
  });
  const setUp = [`statement_timeout = ${statementTimeout}`, ...plannerSettings].map((setting) => `set ${setting}`).join("; ");
  // Sent ahead of what the connection is for, and not as it is opened, since poolers refuse what they do not know. It fails where all else does.
  pool.on("connect", (client) => void client.query(setUp).catch(() => undefined));
  try {
    const applied = await appliedMigrations(pool, schema);
    if (checkMigrations(postgresSchema(schema), applied) === "behind") await migrateDatabase(connection, schema);
    const engine = new PostgresEngine(pool, schema, shown);
    await openTables(engine, wanted);
    return new KyselyStorage(engine, { durable: true, sharedBetweenProcesses: true });
  } catch (error) {
    await pool.end();
    throw postgresError(error, shown);
  }
}

/**
 * Looks which migrations a Postgres store has and lacks, without changing it.
 *
 * @throws {StorageError} as {@link openPostgres}
 */
export async function postgresMigrations(
  address: string | PostgresAddress,
  options: PostgresOptions = {},
): Promise<{ readonly applied: readonly string[]; readonly pending: readonly string[] }> {
  const { config, shown } = readConnection(address);
  const schema = schemaName(options);
  const pool = newPool({ ...config, connectionTimeoutMillis: options.connectionTimeout ?? 10_000, max: 1 });
  try {
    return migrationState(postgresSchema(schema), await appliedMigrations(pool, schema));
  } catch (error) {
    throw postgresError(error, shown);
  } finally {
    await pool.end();
  }
}

function schemaName({ schema = "minference" }: PostgresOptions): string {
  if (schema !== "" && !schema.includes("\u0000") && schema.isWellFormed() && Buffer.byteLength(schema) <= 63) return schema;
  throw new StorageError("invalid", "The name of a Postgres schema has 1 to 63 bytes");
}

function newPool(config: PoolConfig): Pool {
  const pool = new pg.Pool(config);
  // A connection that breaks fails the statement it carries out, if any, and is replaced by the next call. Without listeners it would end the process.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

/** Migrates on connections of its own, which take the time they need. */
async function migrateDatabase(config: PoolConfig, schema: string): Promise<void> {
  const dialect = postgresSchema(schema);
  const pool = newPool({ ...config, max: 2 });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    await db.connection().execute(async (connection) => {
      // Of processes that start at once one migrates; the others wait here and find it done.
      const lock = sql`hashtextextended(${`minference ${schema}`}, 0)`;
      await sql`select pg_advisory_lock(${lock})`.execute(connection);
      try {
        if (checkMigrations(dialect, await appliedMigrations(pool, schema)) === "behind") {
          await migrate(connection.withSchema(schema), dialect, { schema });
        }
      } finally {
        await sql`select pg_advisory_unlock(${lock})`.execute(connection);
      }
    });
  } finally {
    await db.destroy();
  }
}

async function appliedMigrations(pool: Pool, schema: string): Promise<string[]> {
  const table = `${pg.escapeIdentifier(schema)}.${migrationTable}`;
  const found = await pool.query<{ exists: boolean }>("select to_regclass($1) is not null as exists", [table]);
  if (found.rows[0]?.exists !== true) return [];
  const { rows } = await pool.query<{ name: string }>(`select name from ${table} order by name`);
  return rows.map(({ name }) => name);
}
