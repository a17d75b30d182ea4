import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LibsqlDialect } from "@libsql/kysely-libsql";
import { storageConformance } from "@minference/storage-conformance";
import BetterSqlite3 from "better-sqlite3";
import { Kysely, SqliteDialect } from "kysely";
import { openKysely } from "./open-kysely.ts";

storageConformance("libSQL through its Kysely dialect", {
  async open() {
    const directory = mkdtempSync(join(tmpdir(), "minference-libsql-"));
    const dialect = new LibsqlDialect({ url: `file:${join(directory, "store.db")}` });
    const storage = await openKysely(dialect, { flavour: "sqlite" });
    return {
      storage,
      async close() {
        await storage.close();
        rmSync(directory, { recursive: true });
      },
    };
  },
});

storageConformance("an application's own Kysely instance", {
  async open() {
    const kysely = new Kysely<{ notes: { text: string } }>({ dialect: new SqliteDialect({ database: new BetterSqlite3(":memory:") }) });
    await kysely.schema.createTable("notes").addColumn("text", "text").execute();
    const storage = await openKysely(kysely, { flavour: "sqlite" });
    return {
      storage,
      async close() {
        await storage.close();
        await kysely.insertInto("notes").values({ text: "the instance is still the application's" }).execute();
        await kysely.destroy();
      },
    };
  },
});
