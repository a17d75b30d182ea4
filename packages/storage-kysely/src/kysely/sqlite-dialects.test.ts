import { join } from "node:path";
import { LibsqlDialect } from "@libsql/kysely-libsql";
import { storageConformance } from "@minference/storage-conformance";
import BetterSqlite3 from "better-sqlite3";
import { Kysely, SqliteDialect } from "kysely";
import { afterAll, describe, expect, test } from "vitest";
import { testDirectory } from "../../test/databases.ts";
import { expectTypedTables } from "../../test/expect-typed-tables.ts";
import { reusedStore } from "../../test/reused-store.ts";
import { openKysely } from "./open-kysely.ts";

const directory = testDirectory();
const libsql = (name: string): LibsqlDialect => new LibsqlDialect({ url: `file:${join(directory, name)}` });

storageConformance(
  "libSQL through its Kysely dialect",
  reusedStore({ open: () => openKysely(libsql("store.db"), { flavour: "sqlite" }), randomShare: 0.2 }),
);

test("typed tables work on libSQL, given as a Kysely dialect", () =>
  expectTypedTables((classes) => openKysely(libsql("typed.db"), { ...classes, flavour: "sqlite" })));

describe("a store beside an application's own tables", () => {
  const kysely = new Kysely<{ notes: { text: string } }>({ dialect: new SqliteDialect({ database: new BetterSqlite3(":memory:") }) });
  const open = async () => {
    await kysely.schema.createTable("notes").ifNotExists().addColumn("text", "text").execute();
    return openKysely(kysely, { flavour: "sqlite" });
  };
  afterAll(() => kysely.destroy());

  storageConformance("an application's own Kysely instance", reusedStore({ open, randomShare: 0.2 }));

  test("leaves the instance to the application when it is closed", async () => {
    await (await open()).close();
    await kysely.insertInto("notes").values({ text: "mine" }).execute();
    expect(await kysely.selectFrom("notes").selectAll().execute()).toEqual([{ text: "mine" }]);
  });
});
