export { type KyselyOptions, openKysely } from "./kysely/open-kysely.ts";
export type { KyselyStorage } from "./kysely-storage.ts";
