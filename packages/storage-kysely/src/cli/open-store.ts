import { StorageError } from "@minference/ecs";
import type { KyselyStorage } from "../kysely-storage.ts";
import { readConnection } from "../postgres/connection.ts";
import { postgresTables } from "../tables/postgres-tables.ts";
import { sqliteTables } from "../tables/sqlite-tables.ts";
import type { TableDialect } from "../tables/table-dialect.ts";

/** The migrations of a store's own tables. */
export interface MigrationState {
  readonly applied: readonly string[];
  readonly pending: readonly string[];
}

/** A store that was named on the command line. */
export interface NamedStore {
  /** Its address as it may be shown, without a password. */
  readonly shown: string;
  /** Opens it, which brings its tables up to date. */
  readonly open: () => Promise<KyselyStorage>;
  /** Looks which migrations it has, without changing anything. */
  readonly migrations: () => Promise<MigrationState>;
  readonly tables: TableDialect;
}

/**
 * Finds a store: a `postgres://` URL, or the path of a SQLite file, also after `sqlite:`. The driver is loaded when it is needed.
 *
 * @throws {StorageError} `invalid` for a schema where there are none, and later where the driver is not installed
 */
export function findStore(store: string, schema: string | undefined): NamedStore {
  if (/^postgres(?:ql)?:\/\//.test(store)) {
    const options = schema === undefined ? {} : { schema };
    return {
      shown: readConnection(store).shown,
      open: async () => (await postgres()).openPostgres(store, options),
      migrations: async () => (await postgres()).postgresMigrations(store, options),
      tables: postgresTables(schema ?? "minference"),
    };
  }
  if (schema !== undefined) throw new StorageError("invalid", "--schema is for Postgres");
  const path = store.replace(/^sqlite:/, "");
  return {
    shown: path,
    open: async () => (await sqlite()).openSqlite(path),
    migrations: async () => (await sqlite()).sqliteMigrations(path),
    tables: sqliteTables,
  };
}

const postgres = () => import("../postgres/open-postgres.ts").catch(lacksDriver("pg"));
const sqlite = () => import("../sqlite/open-sqlite.ts").catch(lacksDriver("better-sqlite3"));

function lacksDriver(name: string): (error: unknown) => never {
  return (error) => {
    const isMissing = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
    if (!isMissing) throw error;
    throw new StorageError("invalid", `The package ${name} is not installed: npm install ${name}`, { cause: error });
  };
}
