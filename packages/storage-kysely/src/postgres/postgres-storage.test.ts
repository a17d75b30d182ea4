import { storageConformance } from "@minference/storage-conformance";
import { testDatabase } from "@minference/tooling-postgres";
import { reusedStore } from "../../test/reused-store.ts";
import { openPostgres } from "./open-postgres.ts";

const url = await testDatabase();
const schema = 'a store\'s "own"';

storageConformance(
  "Postgres",
  reusedStore({ open: () => openPostgres(url, { schema, poolSize: 4 }), reopen: () => openPostgres(url, { schema }) }),
);
