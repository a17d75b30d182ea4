export { type KyselyOptions, openKysely } from "./kysely/open-kysely.ts";
export type { KyselyStorage } from "./kysely-storage.ts";
export type { TypedTable } from "./tables/count-tables.ts";
export type { TableChange } from "./tables/migrate-tables.ts";
export type { TableClasses } from "./tables/wanted-tables.ts";
