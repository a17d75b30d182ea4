export type { KyselyStorage } from "../kysely-storage.ts";
export type { PostgresAddress } from "./connection.ts";
export { openPostgres, type PostgresOptions } from "./open-postgres.ts";
