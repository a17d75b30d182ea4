import { storageConformance } from "@minference/storage-conformance";
import { testDatabase } from "@minference/tooling-postgres";
import pg from "pg";
import { afterAll } from "vitest";
import { openPostgres } from "./open-postgres.ts";

const url = await testDatabase();
const schema = 'a store\'s "own"';
const name = pg.escapeIdentifier(schema);
const admin = new pg.Pool({ connectionString: url, max: 1 });
// The database is dropped under connections that are still closing.
admin.on("error", () => undefined);
afterAll(() => admin.end());

storageConformance("Postgres", {
  async open() {
    const storage = await openPostgres(url, { schema, poolSize: 4 });
    return {
      storage,
      reopen: () => openPostgres(url, { schema }),
      async close() {
        await storage.close();
        await admin.query(`truncate ${name}.chain, ${name}.version, ${name}.edge, ${name}.commit, ${name}.tag`);
      },
    };
  },
});
