export { type RunningPostgres, type StartOptions, startPostgres } from "./start-postgres.ts";
export { testDatabase } from "./test-database.ts";
