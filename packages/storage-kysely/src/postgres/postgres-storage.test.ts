import { storageConformance } from "@minference/storage-conformance";
import { testDatabase } from "@minference/tooling-postgres";
import { reusedStore } from "../../test/reused-store.ts";
import { takingTurns } from "../../test/taking-turns.ts";
import { openPostgres } from "./open-postgres.ts";

const url = await testDatabase();
const schema = 'a store\'s "own"';

storageConformance(
  "Postgres, opened twice",
  reusedStore({ open: () => takingTurns(() => openPostgres(url, { schema, poolSize: 4 })), reopen: () => openPostgres(url, { schema }) }),
);
