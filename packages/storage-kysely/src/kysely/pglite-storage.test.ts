import { PGlite, types } from "@electric-sql/pglite";
import { storageConformance } from "@minference/storage-conformance";
import { Kysely, PGliteDialect } from "kysely";
import { expect, test } from "vitest";
import { expectTypedTables } from "../../test/expect-typed-tables.ts";
import { reusedStore } from "../../test/reused-store.ts";
import { openKysely } from "./open-kysely.ts";

const pglite = await PGlite.create({ parsers: { [types.JSON]: (text) => text, [types.INT8]: Number } });
const kysely = new Kysely<unknown>({ dialect: new PGliteDialect({ pglite }) });

// One connection cannot be had twice: whoever opens the store once more does it on the same instance, which takes turns.
const open = () => openKysely(kysely, { flavour: "postgres", durable: true });
storageConformance("PGlite", reusedStore({ open, reopen: open, randomShare: 0.1 }));

test("typed tables work on PGlite, given as a Kysely dialect that is let go of with the store", async () => {
  const dialect = new PGliteDialect({ pglite });
  await expectTypedTables((classes) => openKysely(dialect, { ...classes, flavour: "postgres", schema: "typed" }));
  expect(pglite.closed).toBe(true);
});
