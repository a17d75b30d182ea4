import { StorageError } from "@minference/ecs";
import type { Kysely } from "kysely";
import { Migrator } from "kysely/migration";
import { migrationTable, storeMigrations } from "./migrations.ts";
import type { SchemaDialect } from "./schema-dialect.ts";

/** Tells whether a store is up to date, from the names of the migrations it has; refuses one of a newer version. */
export function checkMigrations(dialect: SchemaDialect, applied: readonly string[]): "current" | "behind" {
  const known = Object.keys(storeMigrations(dialect));
  const unknown = applied.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new StorageError(
      "newer_store",
      `The store was written by a newer version of @minference/storage-kysely (${unknown.join(", ")} is unknown here): update the package`,
    );
  }
  return known.every((name) => applied.includes(name)) ? "current" : "behind";
}

/** Tells which migrations a store has and lacks; refuses one of a newer version. */
export function migrationState(
  dialect: SchemaDialect,
  applied: readonly string[],
): { readonly applied: readonly string[]; readonly pending: readonly string[] } {
  checkMigrations(dialect, applied);
  return { applied, pending: Object.keys(storeMigrations(dialect)).filter((name) => !applied.includes(name)) };
}

/** Applies the migrations that a store lacks. The caller holds whatever keeps other processes out. */
export async function migrate(
  db: Kysely<unknown>,
  dialect: SchemaDialect,
  options: { readonly schema?: string; readonly disableTransactions?: boolean },
): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => storeMigrations(dialect) },
    migrationTableName: migrationTable,
    migrationLockTableName: `${migrationTable}_lock`,
    ...(options.schema === undefined ? {} : { migrationTableSchema: options.schema }),
    ...(options.disableTransactions === undefined ? {} : { disableTransactions: options.disableTransactions }),
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}
