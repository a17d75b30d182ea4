import { PGlite, types } from "@electric-sql/pglite";
import { storageConformance } from "@minference/storage-conformance";
import { Kysely, PGliteDialect } from "kysely";
import { afterAll } from "vitest";
import { openKysely } from "./open-kysely.ts";

const pglite = await PGlite.create({ parsers: { [types.JSON]: (text) => text } });
const kysely = new Kysely<unknown>({ dialect: new PGliteDialect({ pglite }) });
const options = { flavour: "postgres", durable: true } as const;
const cleaner = await openKysely(kysely, options);
afterAll(async () => {
  await cleaner.close();
  await kysely.destroy();
});

storageConformance("PGlite", {
  async open() {
    const storage = await openKysely(kysely, options);
    return {
      storage,
      // One connection cannot be had twice: whoever opens the store once more does it on the same instance, which takes turns.
      reopen: () => openKysely(kysely, options),
      async close() {
        await storage.close();
        await cleaner.clear();
      },
    };
  },
});
