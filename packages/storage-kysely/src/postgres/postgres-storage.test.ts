import { storageConformance } from "@minference/storage-conformance";
import { testDatabase } from "@minference/tooling-postgres";
import pg from "pg";
import { openPostgres } from "./open-postgres.ts";

const url = await testDatabase();
let schemas = 0;

storageConformance("Postgres", {
  async open() {
    schemas += 1;
    const schema = `store ${schemas} "quoted"`;
    const storage = await openPostgres(url, { schema, poolSize: 4 });
    return {
      storage,
      reopen: () => openPostgres(url, { schema }),
      async close() {
        await storage.close();
        const client = new pg.Client({ connectionString: url });
        await client.connect();
        await client.query(`drop schema ${pg.escapeIdentifier(schema)} cascade`);
        await client.end();
      },
    };
  },
});
