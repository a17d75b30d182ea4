export type { KyselyStorage } from "../kysely-storage.ts";
export { openSqlite, type SqliteOptions } from "./open-sqlite.ts";
