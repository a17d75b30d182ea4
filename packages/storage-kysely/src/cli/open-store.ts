import { StorageError } from "@minference/ecs";
import type { KyselyStorage } from "../kysely-storage.ts";
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
  /** Opens it, which brings its tables up to date. */
  readonly open: () => Promise<KyselyStorage>;
  /** Looks which migrations it has, without changing anything. */
  readonly migrations: () => Promise<MigrationState>;
  readonly tables: TableDialect;
}

/**
 * Finds a store: a `postgres://` URL, or the path of a SQLite file. The driver is loaded when it is needed.
 *
 * @throws {StorageError} `invalid` for a schema where there are none
 */
export function findStore(store: string, schema: string | undefined): NamedStore {
  if (/^postgres(?:ql)?:\/\//.test(store)) {
    const options = schema === undefined ? {} : { schema };
    return {
      open: async () => (await import("../postgres/open-postgres.ts")).openPostgres(store, options),
      migrations: async () => (await import("../postgres/open-postgres.ts")).postgresMigrations(store, options),
      tables: postgresTables(schema ?? "minference"),
    };
  }
  if (schema !== undefined) throw new StorageError("invalid", "--schema is for Postgres");
  return {
    open: async () => (await import("../sqlite/open-sqlite.ts")).openSqlite(store),
    migrations: async () => (await import("../sqlite/open-sqlite.ts")).sqliteMigrations(store),
    tables: sqliteTables,
  };
}
