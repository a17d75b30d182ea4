export type { KyselyStorage } from "./kysely-storage.ts";
